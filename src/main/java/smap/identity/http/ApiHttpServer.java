package smap.identity.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.util.concurrent.CompletionException;
import org.apache.camel.component.platform.http.PlatformHttpConstants;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;

/**
 * The server of the API: Camel's, with the gate in place before it listens, so that no request meets a server without routes. It listens
 * seconds before they all run. A port that cannot be listened on stops the start, of which Camel's own would only warn.
 */
final class ApiHttpServer extends VertxPlatformHttpServer {

    private final VertxPlatformHttpServerConfiguration configuration;
    private final Gate gate;
    private HttpServer server;

    ApiHttpServer(VertxPlatformHttpServerConfiguration configuration, Gate gate) {
        super(configuration);
        this.configuration = configuration;
        this.gate = gate;
    }

    @Override
    public HttpServer getServer() {
        return server;
    }

    @Override
    public int getPort() {
        return server == null ? configuration.getBindPort() : server.actualPort();
    }

    @Override
    protected void startServer() {
        Router router = VertxPlatformHttpRouter.lookup(
                getCamelContext(), VertxPlatformHttpRouter.getRouterNameFromPort(configuration.getBindPort()));
        gate.install(router, getCamelContext()::isStarted);
        server = done(getVertx().createHttpServer()
                .requestHandler(router)
                .invalidRequestHandler(gate::refuseUnreadable)
                .listen(configuration.getBindPort(), configuration.getBindHost()));
    }

    @Override
    protected void stopServer() {
        if (server != null) {
            getCamelContext().removeComponent(PlatformHttpConstants.PLATFORM_HTTP_COMPONENT_NAME);
            done(server.close());
            server = null;
        }
    }

    @Override
    protected void stopVertx() {
        Vertx vertx = getVertx();
        if (vertx != null) {
            done(vertx.close());
        }
    }

    private static <T> T done(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().join();
        } catch (CompletionException e) {
            throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
        }
    }
}
