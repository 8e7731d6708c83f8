package smap.identity;

import io.vertx.ext.web.Router;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.model.Model;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.contract.Contract;
import smap.identity.contract.RequestGate;
import smap.identity.contract.SecuredRoutes;

/** What happens as the routes start: access to them is looked after, the API's gate is put before them, and the log says what runs. */
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
    public void afterConfigure(BaseMainSupport main) {
        CamelContext camel = main.getCamelContext();
        Contract contract = camel.getRegistry().lookupByNameAndType("contract", Contract.class);
        if (contract != null) {
            new SecuredRoutes(contract).check(camel.getCamelContextExtension().getContextPlugin(Model.class).getRouteDefinitions());
        }
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
