package smap.identity.routes;

import java.util.Map;

class SubscriptionChangePlanRouteTest extends SubscriberRouteTestSupport {

    private static final String PLAN = "7a4c1d2e-0000-4000-8000-000000000003";

    SubscriptionChangePlanRouteTest() {
        super("change-plan", Map.of("plan_id", PLAN, "at_period_end", false, "reason", "more of it"));
    }

    @Override
    Map<String, Object> asked() {
        return Map.of("plan_id", PLAN, "at_period_end", false, "variable.reason", "more of it");
    }
}
