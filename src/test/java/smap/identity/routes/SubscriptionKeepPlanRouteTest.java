package smap.identity.routes;

import java.util.Map;

class SubscriptionKeepPlanRouteTest extends SubscriberRouteTestSupport {

    SubscriptionKeepPlanRouteTest() {
        super("keep-plan", Map.of());
    }

    @Override
    Map<String, Object> asked() {
        return Map.of();
    }
}
