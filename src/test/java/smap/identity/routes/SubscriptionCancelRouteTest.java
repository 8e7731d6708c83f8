package smap.identity.routes;

import java.util.Map;

class SubscriptionCancelRouteTest extends SubscriberRouteTestSupport {

    SubscriptionCancelRouteTest() {
        super("cancel", Map.of("at_period_end", true, "reason", "too dear"));
    }

    @Override
    Map<String, Object> asked() {
        return Map.of("at_period_end", true, "variable.reason", "too dear");
    }
}
