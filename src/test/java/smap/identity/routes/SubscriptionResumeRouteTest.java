package smap.identity.routes;

import java.util.Map;

class SubscriptionResumeRouteTest extends SubscriberRouteTestSupport {

    SubscriptionResumeRouteTest() {
        super("resume", Map.of());
    }

    @Override
    Map<String, Object> asked() {
        return Map.of();
    }
}
