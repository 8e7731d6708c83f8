package smap.identity.routes;

import java.util.Map;

class SubscriptionRemindRouteTest extends SubscriptionTimerSupport {

    SubscriptionRemindRouteTest() {
        super("subscription-remind", "subscription-notice/insert-trial-ending", Map.of("now", NOW, "batch", "9", "trial_reminder", "4d"));
    }
}
