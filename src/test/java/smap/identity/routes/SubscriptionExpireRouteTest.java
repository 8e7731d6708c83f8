package smap.identity.routes;

import java.util.Map;

class SubscriptionExpireRouteTest extends SubscriptionTimerSupport {

    SubscriptionExpireRouteTest() {
        super("subscription-expire", "subscription/expire", Map.of("now", NOW, "batch", "9"));
    }
}
