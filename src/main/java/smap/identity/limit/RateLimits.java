package smap.identity.limit;

import org.apache.camel.Variable;
import smap.identity.settings.Settings;

/** The limit of each operation that has one: {@code send-otp} has that of the setting {@code rate.limit.send.otp}. Thread-safe. */
public final class RateLimits {

    private final Settings settings;

    public RateLimits(Settings settings) {
        this.settings = settings;
    }

    /** @throws IllegalArgumentException if there is no setting for this operation */
    public RateLimit find(@Variable("limited") String operation) {
        return RateLimit.parse(settings.get("rate.limit." + operation.replace('-', '.')));
    }
}
