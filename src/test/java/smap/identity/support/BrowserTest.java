package smap.identity.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;

@RequiresBrowser
class BrowserTest {

    private static final String PAGE = """
            <!doctype html><title>Greeting</title><p id="greeting">…</p><p id="away">…</p>
            <script>
              document.getElementById('greeting').textContent = 'Hello ' + (6 * 7);
              const away = document.getElementById('away');
              fetch('http://service.example/').then(() => away.textContent = 'reached', () => away.textContent = 'not reached');
            </script>
            """;

    @Test
    void a_page_is_read_after_its_script_ran() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] page = PAGE.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        server.start();
        try (Browser browser = Browser.open()) {
            browser.driver().get("http://127.0.0.1:" + server.getAddress().getPort() + "/");

            assertThat(browser.driver().getTitle()).isEqualTo("Greeting");
            assertThat(browser.driver().findElement(By.id("greeting")).getText()).isEqualTo("Hello 42");
            await().untilAsserted(
                    () -> assertThat(browser.driver().findElement(By.id("away")).getText()).isEqualTo("not reached"));
        } finally {
            server.stop(0);
        }
    }
}
