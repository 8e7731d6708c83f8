package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.junit.jupiter.api.Test;

class OpenapiDocumentRouteTest extends RouteTestSupport {

    OpenapiDocumentRouteTest() {
        super("api/openapi-document");
    }

    @Test
    void it_is_read_at_its_own_path() {
        assertThat(input(PlatformHttpEndpoint.class).getPath()).isEqualTo("/openapi.yaml");
        assertThat(input(PlatformHttpEndpoint.class).getHttpMethodRestrict()).isEqualTo("GET");
    }

    @Test
    void it_is_the_contract_as_it_stands() throws IOException {
        Answer answer = send(exchange -> exchange.getMessage().setHeader("To", "evil")).succeeded(200);

        assertThat(answer.body()).isEqualTo(Files.readString(Path.of("src/main/resources/openapi/smap-identity.yaml")));
        assertThat(answer.headers()).containsOnlyKeys("Content-Type", "Cache-Control")
                .containsEntry("Content-Type", "application/yaml; charset=utf-8");
    }
}
