package smap.identity.http;

import java.util.List;
import java.util.Set;
import smap.identity.settings.Settings;

/** The origins whose pages may call the API in a browser, cookies included: {@code CORS_ORIGINS}. Immutable and thread-safe. */
public final class AllowedOrigins {

    private final Set<String> origins;

    public AllowedOrigins(List<String> origins) {
        this.origins = Set.copyOf(origins);
    }

    public static AllowedOrigins of(Settings settings) {
        return new AllowedOrigins(settings.list("cors.origins"));
    }

    /** Whether an {@code Origin} is one of them, in the one spelling browsers have for it. */
    public boolean contains(String origin) {
        return origin != null && origins.contains(origin);
    }

    public boolean isEmpty() {
        return origins.isEmpty();
    }

    public List<String> all() {
        return origins.stream().sorted().toList();
    }
}
