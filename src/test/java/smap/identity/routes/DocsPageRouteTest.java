package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.camel.Exchange;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.contract.DocsPage;

class DocsPageRouteTest extends RouteTestSupport {

    private final DocsPage page = new DocsPage();

    DocsPageRouteTest() {
        super("api/docs-page");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("docsPage", page);
    }

    @Test
    void it_is_read_at_its_own_path_and_below() {
        assertThat(input(PlatformHttpEndpoint.class).getPath()).isEqualTo("/docs");
        assertThat(input(PlatformHttpEndpoint.class).isMatchOnUriPrefix()).isTrue();
        assertThat(input(PlatformHttpEndpoint.class).getHttpMethodRestrict()).isEqualTo("GET");
    }

    @ParameterizedTest
    @CsvSource({"/docs, text/html, swagger-ui-bundle.js", "/docs/, text/html, swagger-ui-bundle.js",
        "/docs/start.js, text/javascript, /openapi.yaml", "/docs/swagger-ui-bundle.js, text/javascript, SwaggerUIBundle",
        "/docs/swagger-ui.css, text/css, .swagger-ui", "/docs/favicon-32x32.png, image/png, PNG"})
    void each_of_its_files_is_served_with_its_type_and_the_policy(String path, String type, String content) {
        Answer answer = ask(path).succeeded(200);

        assertThat(answer.body()).contains(content);
        assertThat(answer.headers()).containsOnlyKeys("Content-Type", "Content-Security-Policy", "Cache-Control")
                .containsEntry("Content-Security-Policy", page.contentSecurityPolicy());
        assertThat(answer.headers().get("Content-Type").toString()).startsWith(type);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/docs/nothing.js", "/docsx", "/docs/../application.properties", "/docs/application.properties",
        "/docs/index.html", "/docs//", "/docs/swagger-ui-bundle.js.map"})
    void nothing_else_is(String path) {
        Answer answer = ask(path);

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.json().path("error_code").asInt()).isEqualTo(404);
    }

    private Answer ask(String path) {
        return send(exchange -> exchange.getMessage().setHeader(Exchange.HTTP_PATH, path));
    }
}
