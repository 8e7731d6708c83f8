package smap.identity.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.util.function.BooleanSupplier;

/** What stands before the routes of an HTTP server, and is there before the first request. */
public interface Gate {

    /**
     * Puts itself before whatever this router will ever route.
     *
     * @param serving whether all routes run: not before the last one has started, nor once the first one may have stopped
     */
    void install(Router router, BooleanSupplier serving);

    /** Answers a request that cannot be read as HTTP, and which no router sees. */
    void refuseUnreadable(HttpServerRequest request);
}
