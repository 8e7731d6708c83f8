package smap.identity;

import io.vertx.ext.web.Router;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.main.BaseMainSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.contract.RequestGate;

/** What happens once the routes run: the API's gate is put before them, and the log says what runs and where. */
final class StartListener extends SettingsAlone {

    private static final Logger LOG = LoggerFactory.getLogger(Application.class);

    private final Role role;

    StartListener(Role role) {
        this.role = role;
    }

    @Override
    public void beforeStart(BaseMainSupport main) {
        LOG.info("Starting SMAP {} Service...", role == Role.CONSUMER ? "Consumer" : role == Role.API ? "API" : "API and Consumer");
    }

    @Override
    public void afterStart(BaseMainSupport main) {
        CamelContext camel = main.getCamelContext();
        RequestGate gate = camel.getRegistry().lookupByNameAndType("requestGate", RequestGate.class);
        if (gate != null) {
            String port = camel.resolvePropertyPlaceholders("{{camel.server.port}}");
            Router router = VertxPlatformHttpRouter.lookup(camel, VertxPlatformHttpRouter.getRouterNameFromPort(Integer.parseInt(port)));
            gate.install(router);
        }
        banner(camel, role);
    }

    private static void banner(CamelContext camel, Role role) {
        LOG.info(camel.resolvePropertyPlaceholders("PostgreSQL: {{smap.database}}"));
        LOG.info(camel.resolvePropertyPlaceholders("Broker: {{smap.broker}}"));
        LOG.info(camel.resolvePropertyPlaceholders("Mail: {{smap.mail}}"));
        LOG.info(camel.resolvePropertyPlaceholders("Ready: role {{smap.role}}, "
                + (role.hasApi() ? "http://{{camel.server.host}}:{{camel.server.port}}/, " : "")
                + "management http://{{management.host}}:{{management.port}}/"));
    }
}
