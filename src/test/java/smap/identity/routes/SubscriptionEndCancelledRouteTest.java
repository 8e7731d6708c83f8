package smap.identity.routes;

import java.util.Map;

class SubscriptionEndCancelledRouteTest extends SubscriptionTimerSupport {

    SubscriptionEndCancelledRouteTest() {
        super("subscription-end-cancelled", "subscription/end-cancelled", Map.of("now", NOW, "batch", "9"));
    }
}
