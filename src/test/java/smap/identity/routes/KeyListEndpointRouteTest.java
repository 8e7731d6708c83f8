package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class KeyListEndpointRouteTest extends RouteTestSupport {

    KeyListEndpointRouteTest() {
        super("api/key-list-endpoint");
    }

    @Test
    void who_asks_gets_what_the_operation_answers() {
        direct("key-list").does(exchange -> exchange.getMessage().setBody("{\"keys\":[]}"));

        assertThat(request(Map.of()).succeeded(200).body()).isEqualTo("{\"keys\":[]}");
    }
}
