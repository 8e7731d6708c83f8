package smap.identity;

import io.vertx.ext.web.Router;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.model.Model;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.contract.Contract;
import smap.identity.contract.SecuredRoutes;
import smap.identity.http.SecurityHeaders;

/** What happens as the routes start: access to them is looked after, and the log says what runs. */
final class StartListener extends SettingsAlone {

    private static final Logger LOG = LoggerFactory.getLogger(Application.class);

    private static final int FIRST = -1;

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
        // the API's own server has its gate
        String port = camel.resolvePropertyPlaceholders("{{management.port}}");
        Router management = VertxPlatformHttpRouter.lookup(camel, VertxPlatformHttpRouter.getRouterNameFromPort(Integer.parseInt(port)));
        management.route().order(FIRST).handler(context -> {
            SecurityHeaders.addTo(context.response().headers(), context.request().isSSL());
            context.next();
        });
        banner(camel, role);
    }

    private static void banner(CamelContext camel, Role role) {
        LOG.info(camel.resolvePropertyPlaceholders("PostgreSQL: {{smap.database}}"));
        LOG.info(camel.resolvePropertyPlaceholders("Broker: {{smap.broker}}"));
        LOG.info(camel.resolvePropertyPlaceholders("Mail: {{smap.mail}}"));
        if (!camel.resolvePropertyPlaceholders("{{smap.clock.offset}}").equals("0s")) {
            LOG.warn(camel.resolvePropertyPlaceholders("Clock: moved by {{smap.clock.offset}}, by SMAP_CLOCK_OFFSET"));
        }
        LOG.info(camel.resolvePropertyPlaceholders("Ready: role {{smap.role}}, "
                + (role.hasApi() ? "http://{{camel.server.host}}:{{camel.server.port}}/, " : "")
                + "management http://{{management.host}}:{{management.port}}/"));
    }
}
