package smap.identity.http;

import org.apache.camel.CamelContext;
import org.apache.camel.Service;
import org.apache.camel.component.platform.http.main.DefaultMainHttpServerFactory;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.main.HttpServerConfigurationProperties;

/** Makes the servers camel-main asks for: the API's with its gate, that of the management port as Camel makes it. */
public final class HttpServers extends DefaultMainHttpServerFactory {

    private final Gate gate;

    public HttpServers(Gate gate) {
        this.gate = gate;
    }

    @Override
    public Service newHttpServer(CamelContext camel, HttpServerConfigurationProperties properties) {
        VertxPlatformHttpServerConfiguration configuration = new VertxPlatformHttpServerConfiguration();
        configuration.setBindHost(properties.getHost());
        configuration.setBindPort(properties.getPort());
        configuration.setPath(properties.getPath());
        configuration.setMaxBodySize(properties.getMaxBodySize());
        configuration.getBodyHandler().setHandleFileUploads(properties.isFileUploadEnabled());
        ApiHttpServer server = new ApiHttpServer(configuration, gate);
        server.setCamelContext(camel);
        return server;
    }
}
