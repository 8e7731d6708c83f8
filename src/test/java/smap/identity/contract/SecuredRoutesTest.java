package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.camel.model.RouteDefinition;
import org.junit.jupiter.api.Test;

class SecuredRoutesTest {

    private final SecuredRoutes secured = new SecuredRoutes(Contract.read("openapi/smap-identity.yaml"));

    @Test
    void a_secured_operation_begins_with_the_check() {
        RouteDefinition route = new RouteDefinition("direct:mail-list").routeId("mine");
        route.onException(Exception.class).handled(true);
        route.to("direct:access-check").to("log:x");

        assertThatCode(() -> secured.check(List.of(route))).doesNotThrowAnyException();
    }

    @Test
    void one_that_does_not_stops_the_start_and_is_named() {
        RouteDefinition late = new RouteDefinition("direct:mail-list").routeId("mine");
        late.to("log:x").to("direct:access-check");

        assertThatThrownBy(() -> secured.check(List.of(late)))
                .hasMessage("The route mine serves the secured operation mail-list: expected 'to: {uri: direct:access-check}'"
                        + " as its first step");
    }

    @Test
    void neither_does_one_that_has_no_step_or_another_one() {
        RouteDefinition none = new RouteDefinition("direct://mail-list");
        RouteDefinition other = new RouteDefinition("direct:mail-list");
        other.to("direct:access-check-too");

        assertThatThrownBy(() -> secured.check(List.of(none))).hasMessageContaining("mail-list");
        assertThatThrownBy(() -> secured.check(List.of(other))).hasMessageContaining("mail-list");
    }

    @Test
    void what_is_for_anyone_and_what_is_no_operation_need_none() {
        RouteDefinition login = new RouteDefinition("direct:authentication-login");
        RouteDefinition timer = new RouteDefinition("timer:mail-list");

        assertThatCode(() -> secured.check(List.of(login, timer))).doesNotThrowAnyException();
    }
}
