import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Walks from a registration to a verified, logged-in user, printing each request as a person would type it and each answer as it comes.
 * Talks to the product at SMAP_URL, and starts one for the purpose if nothing answers there. Run by make demo; needs a JDK and nothing else.
 */
final class Demo {

    private static final String JAR = "target/smap-identity/smap-identity.jar";
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration MAIL_LIMIT = Duration.ofSeconds(30);
    private static final Pattern CODE = Pattern.compile("\\b[0-9]{6}\\b");

    private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final ObjectMapper json = new ObjectMapper();
    private final String url;

    private Demo(String url) {
        this.url = url;
    }

    public static void main(String[] args) throws Exception {
        String port = System.getenv().getOrDefault("APP_PORT", "8080");
        String url = System.getenv().getOrDefault("SMAP_URL", "http://127.0.0.1:" + port);
        try {
            new Demo(url).run(System.getenv("SMAP_URL") == null);
        } catch (IllegalStateException e) {
            System.err.println("demo: " + e.getMessage());
            System.exit(1);
        }
    }

    private void run(boolean mayStart) throws Exception {
        Process product = null;
        if (!answers("/live")) {
            if (!mayStart) {
                throw new IllegalStateException("nothing answers at " + url);
            }
            product = start();
        }
        try {
            walk();
        } finally {
            if (product != null) {
                product.destroy();
                product.waitFor(30, TimeUnit.SECONDS);
            }
        }
    }

    private Process start() throws Exception {
        System.out.printf("# Nothing runs at %s: starting it.%n$ java -jar %s%n", url, JAR);
        File log = File.createTempFile("smap-demo", ".log");
        log.deleteOnExit();
        ProcessBuilder builder = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-jar", JAR)
                .redirectErrorStream(true)
                .redirectOutput(log);
        builder.environment().putIfAbsent("LOGGER_ENCODING", "console");
        Process product = builder.start();
        // also when this program is interrupted
        Runtime.getRuntime().addShutdownHook(new Thread(product::destroy));
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (!answers("/ready")) {
            if (!product.isAlive() || System.nanoTime() > end) {
                product.destroy();
                throw new IllegalStateException("it did not start:\n" + new String(java.nio.file.Files.readAllBytes(log.toPath())));
            }
            Thread.sleep(250);
        }
        return product;
    }

    private void walk() throws Exception {
        String email = "demo-" + Long.toString(System.currentTimeMillis(), Character.MAX_RADIX) + "@example.com";
        String credentials = "\"email\":\"" + email + "\",\"password\":\"correct horse battery\"";

        say("1. Register a person.");
        post("register", "{" + credentials + ",\"full_name\":\"Demo Person\"}");
        say("2. Ask for a one-time code. The answer does not wait for the mail.");
        post("send-otp", "{" + credentials + "}");
        say("3. Read the mail as it was delivered over SMTP. A page for people is at " + url + "/dev/mailbox");
        String code = code(email);
        say("4. Prove the address with the code.");
        post("verify-otp", "{\"email\":\"" + email + "\",\"otp\":\"" + code + "\"}");
        say("5. Log in.");
        String token = post("login", "{" + credentials + "}").at("/data/token").asText();
        say("6. Ask who that is.");
        JsonNode me = get("authentication/me", token);
        if (!me.at("/data/is_active").asBoolean()) {
            throw new IllegalStateException("the user is not verified");
        }
        say("7. See the trial that began when the address was proved.");
        JsonNode trial = get("subscriptions/me", token);
        if (!trial.at("/data/status").asText().equals("trialing")) {
            throw new IllegalStateException("the user is not on trial");
        }
        System.out.printf("%n# Done: %s is registered, verified, logged in and on trial until %s.%n", email, trial.at("/data/ends_at").asText());
    }

    private String code(String email) throws Exception {
        System.out.printf("$ curl -H 'Accept: application/json' %s/dev/mailbox%n", url);
        long end = System.nanoTime() + MAIL_LIMIT.toNanos();
        while (System.nanoTime() < end) {
            JsonNode mailbox = send(HttpRequest.newBuilder(URI.create(url + "/dev/mailbox")).header("Accept", "application/json"));
            for (JsonNode mail : mailbox.path("mails")) {
                if (mail.at("/to/0").asText().equals(email)) {
                    String text = mail.path("text").asText();
                    System.out.printf("From: %s%nTo: %s%nSubject: %s%n%n%s%n", mail.path("from").asText(), email, mail.path("subject").asText(), text);
                    Matcher matcher = CODE.matcher(text);
                    if (matcher.find()) {
                        return matcher.group();
                    }
                }
            }
            if (!mailbox.has("mails") && System.console() != null) {
                System.out.printf("There is no embedded mailbox here. Code from the mail to %s: ", email);
                return new Scanner(System.in).next();
            }
            Thread.sleep(250);
        }
        throw new IllegalStateException("no mail to " + email + " at " + url + "/dev/mailbox within " + MAIL_LIMIT.toSeconds() + " s");
    }

    private JsonNode post(String operation, String body) throws Exception {
        String target = url + "/api/v1/authentication/" + operation;
        System.out.printf("$ curl %s \\%n    -H 'Content-Type: application/json' -d '%s'%n", target, body);
        return checked(send(HttpRequest.newBuilder(URI.create(target))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))));
    }

    private JsonNode get(String path, String token) throws Exception {
        String target = url + "/api/v1/" + path;
        System.out.printf("$ curl -H 'Authorization: Bearer %s' \\%n    %s%n", token, target);
        return checked(send(HttpRequest.newBuilder(URI.create(target)).header("Authorization", "Bearer " + token)));
    }

    private JsonNode checked(JsonNode answer) {
        System.out.println(answer);
        if (answer.path("error_code").asInt(-1) != 0) {
            throw new IllegalStateException("that was refused");
        }
        return answer;
    }

    private JsonNode send(HttpRequest.Builder request) throws Exception {
        return json.readTree(http.send(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString()).body());
    }

    private boolean answers(String path) throws InterruptedException {
        try {
            return http.send(HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(5)).build(), BodyHandlers.discarding())
                    .statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static void say(String line) {
        System.out.printf("%n# %s%n", line);
    }
}
