package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.Browser;
import smap.identity.support.DevMailbox;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.RequiresBrowser;

/** A newcomer's first run: nothing is configured but ports that are free, everything is in one process. */
class EmbeddedFlowTest {

    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration MAIL = Duration.ofSeconds(15);
    private static final Duration STOP = Duration.ofSeconds(5);
    private static final String API = "/api/v1/authentication";

    @TempDir
    private Path home;

    private final List<Integer> ports = FreePorts.reserve(2);
    private final String url = "http://127.0.0.1:" + ports.get(0);
    private final JsonHttp http = JsonHttp.at(url);
    private final DevMailbox mailbox = new DevMailbox(http);

    private ApplicationProcess start(Map<String, String> more, Map<String, String> files) {
        return ApplicationProcess.start(EmbeddedFlowTest.class, "all", settings(more), files);
    }

    private Map<String, String> settings(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "SMAP_HOME", home.toString(),
                ApplicationProcess.JMX, "true",
                "APP_PORT", ports.get(0).toString(),
                "MANAGEMENT_PORT", ports.get(1).toString()));
        settings.putAll(more);
        return settings;
    }

    private ApplicationProcess ready(Map<String, String> more, Map<String, String> files) {
        ApplicationProcess product = start(more, files);
        product.awaitReady(URI.create(url + "/ready"), START);
        return product;
    }

    @Test
    void the_first_run_ends_in_an_inbox_and_the_second_finds_its_data_again_and_reminds_of_the_trial_in_time() throws IOException {
        Map<String, String> person = Deployment.credentials("first@example.com");
        try (ApplicationProcess first = ready(Map.of(), Map.of())) {
            assertThat(http.with("lang", "vi").post(API + "/register", person).status()).isEqualTo(201);
            assertThat(http.post(API + "/send-otp", person).status()).isEqualTo(200);
            String code = mailbox.code("first@example.com");
            assertThat(http.post(API + "/verify-otp", Map.of("email", "first@example.com", "otp", code)).status()).isEqualTo(200);
            mailbox.awaitSubject("first@example.com", "Welcome to SMAP");

            ProcessHandle postgres = postgres();
            assertThat(postgres.isAlive()).isTrue();
            assertThat(first.terminate(STOP)).as("an orderly end is no failure").isZero();
            // ended, and also taken note of by its parent, which is nobody of ours
            Awaitility.await().atMost(STOP).until(() -> !postgres.isAlive());
            assertThat(first.lines()).noneMatch(line -> line.contains("\"level\":\"ERROR\""));
        }
        Map<String, String> nearlyTwoWeeksLater = Map.of("SMAP_CLOCK_OFFSET", "12d");
        try (ApplicationProcess second = ready(nearlyTwoWeeksLater, TimerRoutes.ofSubscriptions("200ms", 100))) {
            Answer login = http.post(API + "/login", person);
            assertThat(login.status()).isEqualTo(200);
            mailbox.awaitSubject("first@example.com", "Thời gian dùng thử của bạn sắp kết thúc");
            second.kill();
        }
        try (ApplicationProcess third = ready(Map.of(), Map.of())) {
            assertThat(http.post(API + "/login", person).status()).as("after a kill -9 too").isEqualTo(200);
            assertThat(third.isAlive()).isTrue();
        }
    }

    @Test
    void a_route_file_beside_the_product_replaces_the_packaged_one() {
        Map<String, String> files = Map.of("routes/live.camel.yaml", """
                # GET /live, as somebody on this machine wants it.
                - route:
                    id: live
                    description: Answers in its own words
                    routeConfigurationId: api-problem
                    from:
                      uri: direct:live
                      steps:
                        - setBody:
                            expression:
                              constant:
                                expression: overridden
                """);
        try (ApplicationProcess product = ready(Map.of(), files)) {
            assertThat(http.get("/live").text()).isEqualTo("overridden");
            assertThat(http.get("/ready").status()).isEqualTo(200);
            assertThat(product.isAlive()).isTrue();
        }
    }

    @Test
    void nothing_secret_and_no_whole_address_stands_in_a_log_at_any_level() {
        Map<String, String> person = Map.of(
                "email", "secretive@example.com", "password", "do not log me 4711", "full_name", "Nomen Nescio");
        try (ApplicationProcess product = ready(Map.of("LOGGER_LEVEL", "TRACE"), Map.of())) {
            http.post(API + "/register", person);
            http.post(API + "/login", Map.of("email", "secretive@example.com", "password", "do not log me either"));
            http.post(API + "/register", "{\"email\":\"secretive@example.com\",\"password\":\"do not log me 4711\"");
            http.post(API + "/send-otp", person);
            String code = mailbox.code("secretive@example.com");
            http.post(API + "/verify-otp", Map.of("email", "secretive@example.com", "otp", code));
            String token = http.post(API + "/login", person).data().path("token").asText();
            assertThat(http.as(token).get(API + "/me").status()).isEqualTo(200);
            product.awaitLine("Email sent successfully", MAIL);

            assertThat(product.lines()).hasSizeGreaterThan(1_000);
            List<String> secrets = List.of(
                    "do not log me", "secretive@", token.substring(0, 60), "argon2id", "verification code is", "Nomen");
            assertThat(product.lines()).noneMatch(line -> secrets.stream().anyMatch(line::contains));
            // alone, not as part of a longer number or of an object's hash
            assertThat(product.lines()).noneMatch(Pattern.compile("(?<![\\w.-])" + code + "(?![\\w.-])").asPredicate());
        }
    }

    @Test
    void a_port_in_use_is_named() throws IOException {
        try (ServerSocket taken = new ServerSocket(ports.get(0), 1, InetAddress.getLoopbackAddress());
                ApplicationProcess product = start(Map.of(), Map.of())) {
            assertThat(taken.isBound()).isTrue();
            assertThat(product.awaitExit(START)).isEqualTo(78);
            assertThat(String.join("\n", product.lines())).contains("APP_PORT: expected a free port", "127.0.0.1:" + ports.get(0));
        }
    }

    @Test
    void a_wrong_setting_is_named_with_what_was_expected() {
        try (ApplicationProcess product = start(Map.of("OTP_TTL", "five", "MAIL_WORKERS", "0", "JWT_SECRET", "short"), Map.of())) {
            assertThat(product.awaitExit(START)).isEqualTo(78);
            String said = String.join("\n", product.lines());
            assertThat(said).contains("OTP_TTL: expected a number and ms, s, m, h or d", "'five'", "MAIL_WORKERS: expected a whole number",
                    "JWT_SECRET: expected at least 32 bytes").doesNotContain("short");
        }
    }

    @Test
    void broken_mail_templates_are_named_before_anything_runs() {
        Map<String, String> files = Map.of("mails/welcome/fr/body.txt", "Bonjour", "mails/welcome/vi/subject.txt", "{{nobody}}");
        try (ApplicationProcess product = start(Map.of("MAIL_TEMPLATES", "mails"), files)) {
            assertThat(product.awaitExit(START)).isEqualTo(78);
            assertThat(String.join("\n", product.lines()))
                    .contains("Start refused: mails/welcome/fr/body.html: is missing", "mails/trial-ended/fr/subject.txt: is missing",
                            "mails/welcome/vi/subject.txt: there is no variable 'nobody'")
                    .doesNotContain("welcome/fr/body.txt");
        }
    }

    @Test
    void an_administrator_whose_password_nobody_may_choose_is_refused_before_anything_runs() {
        try (ApplicationProcess product = start(Map.of("ADMIN_EMAIL", "boss@example.com", "ADMIN_PASSWORD", "password1"), Map.of())) {
            assertThat(product.awaitExit(START)).isEqualTo(78);
            assertThat(String.join("\n", product.lines()))
                    .contains("Start refused: ADMIN_PASSWORD: expected a password people may choose; this one must not be")
                    .doesNotContain("password1");
        }
    }

    @Test
    void production_refuses_what_would_run_embedded() {
        try (ApplicationProcess product = start(Map.of("SMAP_ENV", "production"), Map.of())) {
            assertThat(product.awaitExit(START)).isEqualTo(78);
            assertThat(String.join("\n", product.lines()))
                    .contains("POSTGRES_HOST:", "RABBITMQ_URL:", "SMTP_HOST:", "JWT_SECRET:", "OTP_SECRET:");
        }
    }

    @Test
    void a_second_process_on_the_same_data_is_told_who_has_it() {
        try (ApplicationProcess first = ready(Map.of(), Map.of())) {
            List<Integer> others = FreePorts.reserve(2);
            Map<String, String> elsewhere = Map.of("APP_PORT", others.get(0).toString(), "MANAGEMENT_PORT", others.get(1).toString());
            try (ApplicationProcess second = start(elsewhere, Map.of())) {
                assertThat(second.awaitExit(START)).isEqualTo(78);
                assertThat(String.join("\n", second.lines())).contains(home.toString(), Long.toString(first.pid()));
            }
        }
    }

    @Test
    @RequiresBrowser
    void a_newcomer_follows_the_start_page_to_the_mailbox_and_reads_the_mail_there() {
        try (ApplicationProcess product = ready(Map.of("LOGGER_ENCODING", "console"), Map.of()); Browser browser = Browser.open()) {
            WebDriver page = browser.driver();
            page.get(url + "/");
            assertThat(page.findElement(By.id("register")).getText()).contains("curl", url + API + "/register");
            assertThat(page.findElement(By.tagName("table")).getText()).contains("embedded, for development");
            page.findElement(By.linkText("the mailbox")).click();

            Map<String, Object> person = Map.of("email", "reader@example.com", "password", "correct horse battery",
                    "full_name", "<script>document['title']='owned'</script>");
            assertThat(http.post(API + "/register", person).status()).isEqualTo(201);
            assertThat(http.post(API + "/send-otp", person).status()).isEqualTo(200);
            String code = mailbox.code("reader@example.com");
            WebElement mail = Awaitility.await("the page to show the mail by itself")
                    .atMost(MAIL)
                    .until(() -> page.findElements(By.cssSelector("#mails li[data-id]")), found -> !found.isEmpty())
                    .get(0);
            assertThat(mail.getText()).contains("Email Verification", "reader@example.com");
            mail.click();
            assertThat(page.findElement(By.id("subject")).getText()).isEqualTo("Email Verification");
            page.switchTo().frame("html-part");
            Awaitility.await().atMost(MAIL).untilAsserted(() -> assertThat(page.findElement(By.tagName("body")).getText())
                    .contains(code, "<script>document['title']='owned'</script>"));
            page.switchTo().defaultContent();
            assertThat(page.findElement(By.id("html-part")).getDomAttribute("sandbox")).isEmpty();
            assertThat(page.getTitle()).isNotEqualTo("owned");
            product.awaitLine("Ready: role all", MAIL);
        }
    }

    /** The server is no child of the product: it outlives a kill -9, which is why a later start has to find it. */
    private ProcessHandle postgres() throws IOException {
        long pid = Long.parseLong(Files.readAllLines(home.resolve("postgres/postmaster.pid")).get(0).strip());
        return ProcessHandle.of(pid).orElseThrow();
    }
}
