package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.flow.Deployment.code;
import static smap.identity.flow.Deployment.credentials;
import static smap.identity.flow.Deployment.mailTo;
import static smap.identity.flow.Deployment.mailsTo;

import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.JsonHttp;
import smap.identity.support.JsonHttp.Answer;
import smap.identity.support.PostgresServer;
import smap.identity.support.RabbitMqNode;
import smap.identity.support.ReceivedMail;
import smap.identity.support.RequiresRabbitMq;
import smap.identity.support.ScriptedSmtpServer;
import smap.identity.support.WithPostgres;

/** A broker that is away and an API that is killed delay a mail and lose none. Each test has a broker of its own, to stop and start. */
@RequiresRabbitMq
@WithPostgres
class BrokerOutageFlowTest {

    private static final String NOTHING = """
            # Stands in for the packaged route: stores nothing away, publishes nothing.
            - route:
                id: %s
                description: Does nothing
                routeConfigurationId: scheduled
                from:
                  uri: direct:%s
                  steps:
                    - stop: {}
            """;

    private final RabbitMqNode broker = RabbitMqNode.startNew();
    private final ScriptedSmtpServer smtp = ScriptedSmtpServer.plain().start();
    private Deployment deployment;

    @BeforeEach
    void deploy(PostgresServer server) {
        deployment = new Deployment(BrokerOutageFlowTest.class, server.newDatabase(), broker.url(), smtp).with("RATE_LIMITS", "off");
    }

    @AfterEach
    void stop() {
        smtp.close();
        broker.close();
    }

    @Test
    void a_mail_asked_for_while_the_broker_is_away_arrives_when_it_is_back() {
        try (ApplicationProcess api = deployment.api(); ApplicationProcess consumer = deployment.consumer()) {
            JsonHttp http = deployment.http();
            register(http, "before@example.com");
            assertThat(http.post("/api/v1/authentication/send-otp", credentials("before@example.com")).status()).isEqualTo(200);
            mailTo(smtp, "before@example.com");

            broker.stop();
            register(http, "during@example.com");
            assertThat(http.post("/api/v1/authentication/send-otp", credentials("during@example.com")).status()).isEqualTo(200);
            Answer ready = Awaitility.await().atMost(Deployment.MAIL).until(() -> http.get("/ready"), a -> a.text().contains("DOWN"));
            assertThat(ready.status()).as("an API without a broker is still of use").isEqualTo(200);
            assertThat(ready.data().at("/checks/broker").asText()).isEqualTo("DOWN");

            broker.start();
            ReceivedMail mail = mailTo(smtp, "during@example.com");
            assertThat(mailsTo(smtp, "during@example.com")).hasSize(1);
            assertThat(http.post("/api/v1/authentication/verify-otp", Map.of("email", "during@example.com", "otp", code(mail))).status())
                    .isEqualTo(200);
            assertThat(api.isAlive()).isTrue();
            assertThat(consumer.isAlive()).isTrue();
        }
    }

    @Test
    void both_processes_start_while_the_broker_is_away() {
        broker.stop();
        try (ApplicationProcess api = deployment.api(); ApplicationProcess consumer = deployment.consumer()) {
            assertThat(api.isAlive()).isTrue();
            JsonHttp http = deployment.http();
            register(http, "early@example.com");
            assertThat(http.post("/api/v1/authentication/send-otp", credentials("early@example.com")).status()).isEqualTo(200);
            Answer notReady = deployment.consumerHttp().get("/ready");
            assertThat(notReady.status()).isEqualTo(503);
            assertThat(notReady.json().path("errors").findValuesAsText("field")).containsExactly("broker");

            broker.start();
            mailTo(smtp, "early@example.com");
            assertThat(consumer.isAlive()).isTrue();
        }
    }

    @Test
    void a_mail_of_an_api_killed_between_commit_and_publish_arrives_after_its_restart() {
        Map<String, String> publishesNothing = Map.of(
                "routes/mail-hand-over.camel.yaml", NOTHING.formatted("mail-hand-over", "mail-hand-over"),
                "routes/mail-relay.camel.yaml", NOTHING.formatted("mail-relay", "mail-relay"));
        try (ApplicationProcess consumer = deployment.consumer()) {
            try (ApplicationProcess killed = deployment.api(publishesNothing)) {
                JsonHttp http = deployment.http();
                register(http, "killed@example.com");
                assertThat(http.post("/api/v1/authentication/send-otp", credentials("killed@example.com")).status()).isEqualTo(200);
                killed.kill();
            }
            assertThat(mailsTo(smtp, "killed@example.com")).isEmpty();
            try (ApplicationProcess restarted = deployment.api()) {
                mailTo(smtp, "killed@example.com");
                assertThat(restarted.isAlive()).isTrue();
            }
            assertThat(mailsTo(smtp, "killed@example.com")).hasSize(1);
            assertThat(consumer.isAlive()).isTrue();
        }
    }

    private static void register(JsonHttp http, String email) {
        assertThat(http.post("/api/v1/authentication/register", credentials(email)).status()).isEqualTo(201);
    }
}
