package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.ExpectedConditions;
import org.openqa.selenium.support.ui.WebDriverWait;
import smap.identity.problem.ProblemException;
import smap.identity.support.Browser;
import smap.identity.support.RequiresBrowser;

/** The page in a real browser that reaches this machine only, under its own policy. */
@RequiresBrowser
class DocsPageBrowserTest {

    private final DocsPage page = new DocsPage();
    private final List<String> tried = new CopyOnWriteArrayList<>();

    @Test
    void it_shows_each_operation_and_tries_one_out() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.start();
        try (Browser browser = Browser.open()) {
            WebDriverWait wait = new WebDriverWait(browser.driver(), Duration.ofSeconds(20));
            browser.driver().get("http://127.0.0.1:" + server.getAddress().getPort() + "/docs");

            wait.until(ExpectedConditions.presenceOfElementLocated(By.id("operations-authentication-authentication-login")));
            assertThat(browser.driver().findElement(By.className("title")).getText()).contains("SMAP Identity");
            assertThat(browser.driver().findElements(By.className("opblock"))).hasSize(operations());
            browser.driver().findElement(By.cssSelector("#operations-health-live button")).click();
            wait.until(ExpectedConditions.elementToBeClickable(By.cssSelector("#operations-health-live .try-out__btn"))).click();
            wait.until(ExpectedConditions.elementToBeClickable(By.cssSelector("#operations-health-live .execute"))).click();
            wait.until(ExpectedConditions.textToBePresentInElementLocated(
                    By.cssSelector("#operations-health-live .live-responses-table"), "tried here"));

            assertThat(tried).containsExactly("GET /live");
            assertThat(browser.driver().manage().logs().get(LogType.BROWSER).getAll()).extracting(LogEntry::getMessage).isEmpty();
        } finally {
            server.stop(0);
        }
    }

    private static int operations() throws IOException {
        return (int) Files.readAllLines(Path.of("src/main/resources/openapi/smap-identity.yaml")).stream()
                .filter(line -> line.contains("operationId:")).count();
    }

    private void serve(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        exchange.getResponseHeaders().set("Content-Security-Policy", page.contentSecurityPolicy());
        if (path.equals("/openapi.yaml")) {
            answer(exchange, "application/yaml", Files.readAllBytes(Path.of("src/main/resources/openapi/smap-identity.yaml")));
        } else if (path.equals("/live")) {
            tried.add(exchange.getRequestMethod() + ' ' + path);
            answer(exchange, "application/json", "{\"data\":\"tried here\"}".getBytes(StandardCharsets.UTF_8));
        } else {
            try {
                answer(exchange, page.type(path), page.content(path));
            } catch (ProblemException e) {
                exchange.sendResponseHeaders(404, -1);
                exchange.close();
            }
        }
    }

    private static void answer(HttpExchange exchange, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
