package smap.identity.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.camel.Service;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.main.HttpServerConfigurationProperties;
import org.apache.camel.main.MainConfigurationProperties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;

/** Camel's HTTP server with a gate that only tells whether all routes run. */
class HttpServersTest {

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final int port = FreePorts.one();
    private final JsonHttp http = JsonHttp.at("http://127.0.0.1:" + port);

    @AfterEach
    void stop() {
        camel.stop();
    }

    @Test
    void the_gate_is_there_before_the_first_request_and_knows_when_the_routes_run() throws Exception {
        AtomicReference<String> early = new AtomicReference<>();
        camel.addService(server(), true, true);
        camel.addStartupListener((starting, started) -> early.set(http.get("/route").text()));
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("platform-http:/route").setBody(constant("route"));
            }
        });
        camel.start();

        assertThat(early).hasValue("gate: not serving");
        assertThat(http.get("/route").text()).isEqualTo("route");
        assertThat(http.get("/route").header("Gate")).hasValue("serving");
        assertThat(http.post("/route", "x".repeat(11)).status()).as("the limit of a body").isEqualTo(413);
    }

    @Test
    void a_request_under_way_is_answered_while_it_stops_and_new_ones_are_turned_away() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        camel.addService(server(), true, true);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("platform-http:/route").process(exchange -> {
                    arrived.countDown();
                    released.await(20, TimeUnit.SECONDS);
                }).setBody(constant("route"));
            }
        });
        camel.start();
        CompletableFuture<String> underWay = CompletableFuture.supplyAsync(() -> http.get("/route").text());
        assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(camel::stop);

        await().until(() -> http.get("/other").text().equals("gate: not serving"));
        released.countDown();
        assertThat(underWay.get(20, TimeUnit.SECONDS)).isEqualTo("route");
        stopped.get(20, TimeUnit.SECONDS);
    }

    @Test
    void it_ends_with_its_routes() throws Exception {
        camel.addService(server(), true, true);
        camel.start();

        camel.stop();

        new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1")).close();
    }

    @Test
    void a_port_that_is_taken_stops_the_start() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            camel.addService(server(taken.getLocalPort()), true, true);

            assertThatThrownBy(camel::start).rootCause().hasMessageContaining("Address already in use");
        }
    }

    private Service server() {
        return server(port);
    }

    private Service server(int listenedOn) {
        // as application.properties does for camel-main
        VertxPlatformHttpServerConfiguration bound = new VertxPlatformHttpServerConfiguration();
        bound.setBindPort(listenedOn);
        camel.getRegistry().bind("httpServer", bound);
        HttpServerConfigurationProperties properties = new HttpServerConfigurationProperties(new MainConfigurationProperties());
        properties.setHost("127.0.0.1");
        properties.setPort(listenedOn);
        properties.setPath("/");
        properties.setMaxBodySize(10L);
        properties.setFileUploadEnabled(false);
        return new HttpServers(new TellingGate()).newHttpServer(camel, properties);
    }

    private static final class TellingGate implements Gate {

        @Override
        public void install(Router router, BooleanSupplier serving) {
            router.route().order(-1).handler(context -> {
                if (serving.getAsBoolean()) {
                    context.response().putHeader("Gate", "serving");
                    context.next();
                } else {
                    context.end("gate: not serving");
                }
            }).failureHandler(context -> context.response().setStatusCode(context.statusCode()).end());
        }

        @Override
        public void refuseUnreadable(HttpServerRequest request) {
            request.response().setStatusCode(400).end();
        }
    }
}
