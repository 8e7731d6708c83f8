package smap.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoleTest {

    @ParameterizedTest
    @CsvSource({"api,API,true,false", "consumer,CONSUMER,false,true", "all,ALL,true,true"})
    void a_role_is_named_by_the_first_argument(String name, Role role, boolean api, boolean consumer) {
        assertThat(Role.named(name, "ignored")).isEqualTo(role);
        assertThat(role.label()).isEqualTo(name);
        assertThat(role.hasApi()).isEqualTo(api);
        assertThat(role.hasConsumer()).isEqualTo(consumer);
    }

    @Test
    void without_an_argument_both_run_in_one_process() {
        assertThat(Role.named()).isEqualTo(Role.ALL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "API", "worker", " api"})
    void an_unknown_role_is_refused_with_the_names_there_are(String name) {
        assertThatThrownBy(() -> Role.named(name)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Unknown role '" + name + "': expected api, consumer, all");
    }

    @Test
    void a_role_is_the_folders_of_routes_it_loads() {
        assertThat(Role.API.folders()).containsExactly("shared", "api");
        assertThat(Role.CONSUMER.folders()).containsExactly("shared", "consumer");
        assertThat(Role.ALL.folders()).containsExactly("shared", "api", "consumer");
    }
}
