package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which operation of the product's contract a path is. */
class ContractPathsTest {

    private static final Contract CONTRACT = Contract.read("openapi/smap-identity.yaml");

    @ParameterizedTest
    @CsvSource({
        "GET, /api/v1/plans, plan-list", "POST, /api/v1/plans, plan-create", "GET, /api/v1/plans/page, plan-page",
        "GET, /api/v1/plans/pages, plan-show", "DELETE, /api/v1/plans/page2, plan-delete", "GET, /api/v1/users/me, user-me-show",
        "GET, /live, live", "GET, /.well-known/jwks.json, key-list"})
    void a_path_that_is_spelled_out_goes_before_one_with_a_placeholder(String method, String path, String operation) {
        assertThat(CONTRACT.find(method, path)).hasValueSatisfying(found -> assertThat(found.id()).isEqualTo(operation));
        assertThat(CONTRACT.knows(path)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/plans", "/api/v1/live", "/api/v1/plans/", "/api/v1/plans/a/b", "/api/v1plans", "/live/", "/Live",
            "/xwell-known/jwks.json"})
    void any_other_path_is_unknown(String path) {
        assertThat(CONTRACT.knows(path)).isFalse();
        assertThat(CONTRACT.find("GET", path)).isEmpty();
        assertThat(CONTRACT.methods(path)).isEmpty();
    }

    @Test
    void the_methods_of_a_path_are_those_of_all_its_operations() {
        assertThat(CONTRACT.methods("/api/v1/plans")).containsExactly("GET", "POST");
        assertThat(CONTRACT.methods("/api/v1/plans/page")).as("no plan has this id").containsExactly("GET");
        assertThat(CONTRACT.find("PUT", "/api/v1/plans/page")).isEmpty();
    }
}
