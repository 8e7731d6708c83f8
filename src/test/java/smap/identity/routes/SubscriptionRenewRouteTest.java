package smap.identity.routes;

import java.util.Map;

class SubscriptionRenewRouteTest extends SubscriptionTimerSupport {

    SubscriptionRenewRouteTest() {
        super("subscription-renew", "subscription/renew", Map.of("now", NOW, "batch", "9"));
    }
}
