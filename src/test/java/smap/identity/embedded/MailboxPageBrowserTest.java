package smap.identity.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.ExpectedConditions;
import org.openqa.selenium.support.ui.WebDriverWait;

/** The page in a real browser, under its own policy. Skipped where there is no chromedriver on the PATH. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MailboxPageBrowserTest {

    private final MailboxPage page = new MailboxPage();
    private final List<ReceivedMail> mails = new CopyOnWriteArrayList<>();
    private final List<String> otherRequests = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private WebDriver browser;
    private WebDriverWait wait;

    @BeforeAll
    void start() throws IOException {
        File driver = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(directory -> new File(directory, "chromedriver")).filter(File::canExecute).findFirst().orElse(null);
        Assumptions.assumeTrue(driver != null, "no chromedriver on the PATH");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.start();
        browser = new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(driver).usingAnyFreePort().build(),
                new ChromeOptions().addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"));
        wait = new WebDriverWait(browser, Duration.ofSeconds(20));
    }

    @AfterAll
    void stop() {
        if (browser != null) {
            browser.quit();
        }
        if (server != null) {
            server.stop(0);
        }
    }

    @BeforeEach
    void empty() {
        mails.clear();
        otherRequests.clear();
    }

    @Test
    void an_empty_mailbox_tells_how_to_cause_a_mail() {
        open();

        assertThat(wait.until(ExpectedConditions.visibilityOfElementLocated(By.id("empty"))).getText())
                .contains("No mails yet").contains("/api/v1/authentication/send-otp");
    }

    @Test
    void a_mail_that_arrives_is_shown_and_the_choice_stays_when_more_arrive() {
        open();
        mails.add(0, mail("1", "First", "text one", "<p id=\"code\">html one</p>"));
        wait.until(ExpectedConditions.textToBe(By.id("subject"), "First"));
        browser.switchTo().frame("html-part");
        assertThat(browser.findElement(By.id("code")).getText()).isEqualTo("html one");
        browser.switchTo().defaultContent();

        mails.add(0, mail("2", "Second", "text two", null));
        wait.until(ExpectedConditions.numberOfElementsToBe(By.cssSelector("#mails li[data-id]"), 2));
        assertThat(browser.findElement(By.id("subject")).getText()).isEqualTo("First");
        assertThat(browser.findElements(By.cssSelector("#mails li[data-id]"))).extracting(row -> row.getDomAttribute("data-id"))
                .containsExactly("2", "1");

        browser.findElement(By.cssSelector("#mails li[data-id='2']")).click();
        assertThat(browser.findElement(By.id("subject")).getText()).isEqualTo("Second");
        assertThat(browser.findElement(By.id("text-part")).getText()).isEqualTo("text two");
    }

    @Test
    void a_mail_can_be_chosen_and_its_parts_be_read_by_keyboard() {
        mails.add(mail("2", "Second", "text two", "<p>two</p>"));
        mails.add(mail("1", "First", "text one", "<p>one</p>"));
        open();
        WebElement row = wait.until(ExpectedConditions.visibilityOfElementLocated(By.cssSelector("#mails li[data-id='2']")));
        row.sendKeys(Keys.ARROW_DOWN);
        assertThat(browser.findElement(By.id("subject")).getText()).isEqualTo("First");
        assertThat(browser.switchTo().activeElement().getDomAttribute("data-id")).isEqualTo("1");

        browser.findElement(By.id("html-tab")).sendKeys(Keys.ARROW_RIGHT);
        assertThat(browser.findElement(By.id("text-part")).getText()).isEqualTo("text one");
        browser.switchTo().activeElement().sendKeys(Keys.ARROW_RIGHT);
        assertThat(browser.findElement(By.id("headers")).getText()).contains("no-reply@smap.test").contains("an@example.test");
        assertThat(browser.findElement(By.id("attachments")).getText()).contains("invoice.pdf");
    }

    @Test
    void a_hostile_mail_runs_no_script_and_fetches_nothing() {
        String origin = "http://127.0.0.1:" + server.getAddress().getPort();
        mails.add(mail("1", "<img src=x onerror=\"document.title='taken'\">", "text",
                "<p id=\"body\" style=\"color: rgb(1, 2, 3)\">read me</p><img src=\"" + origin + "/tracker.png\">"
                        + "<script>parent.document.title = 'taken'</script><link rel=\"stylesheet\" href=\"" + origin + "/tracker.css\">"));
        open();

        assertThat(wait.until(ExpectedConditions.visibilityOfElementLocated(By.id("subject"))).getText()).startsWith("<img src=x");
        browser.switchTo().frame("html-part");
        assertThat(wait.until(ExpectedConditions.visibilityOfElementLocated(By.id("body"))).getCssValue("color")).contains("1, 2, 3");
        browser.switchTo().defaultContent();
        assertThat(browser.getTitle()).startsWith("Mailbox");
        assertThat(otherRequests).doesNotContain("/tracker.png", "/tracker.css", "/x");
    }

    @Test
    void nothing_of_the_page_breaks_its_own_policy() {
        mails.add(mail("1", "Clean", "text", "<p>html</p>"));
        browser.manage().logs().get(LogType.BROWSER);
        open();
        wait.until(ExpectedConditions.textToBe(By.id("subject"), "Clean"));

        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll()).filteredOn(entry -> !entry.getMessage().contains("favicon"))
                .isEmpty();
    }

    private void open() {
        browser.get("http://127.0.0.1:" + server.getAddress().getPort() + "/dev/mailbox?embedded=yes");
    }

    private static ReceivedMail mail(String id, String subject, String text, String html) {
        return new ReceivedMail(id, Instant.parse("2026-11-23T10:15:30Z"), "no-reply@smap.test", List.of("an@example.test"), List.of(),
                null, subject, text, html, List.of(new AttachmentInfo("invoice.pdf", "application/pdf", 3)), "<" + id + "@smap.test>");
    }

    private void serve(HttpExchange exchange) {
        boolean mailbox = "/dev/mailbox?embedded=yes".equals(exchange.getRequestURI().toString());
        boolean json = "application/json".equals(exchange.getRequestHeaders().getFirst("Accept"));
        byte[] body = (!mailbox ? "" : json ? page.json(mails) : page.html()).getBytes(StandardCharsets.UTF_8);
        if (!mailbox) {
            otherRequests.add(exchange.getRequestURI().getPath());
        }
        exchange.getResponseHeaders().set("Content-Type", json ? "application/json" : "text/html; charset=utf-8");
        exchange.getResponseHeaders().set("Content-Security-Policy", page.contentSecurityPolicy());
        try (exchange) {
            exchange.sendResponseHeaders(mailbox ? 200 : 404, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
