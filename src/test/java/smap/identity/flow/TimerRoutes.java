package smap.identity.flow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Packaged timer routes with settings that the environment does not reach, as files to lay beside a process. */
final class TimerRoutes {

    private static final Path PACKAGED = Path.of("src/main/resources/routes/api");

    private TimerRoutes() {}

    /** Those of subscriptions, all of them. */
    static Map<String, String> ofSubscriptions(String period, int batch) {
        Map<String, String> files = new HashMap<>();
        for (String verb : List.of("renew", "end-cancelled", "expire", "remind", "notify")) {
            files.putAll(with("subscription-" + verb,
                    Map.of("{{subscription.period}}", period, "{{subscription.batch}}", Integer.toString(batch))));
        }
        return files;
    }

    /** @param values by the reference to a setting each takes the place of */
    static Map<String, String> with(String route, Map<String, String> values) {
        try {
            String text = Files.readString(PACKAGED.resolve(route + ".camel.yaml"));
            for (Map.Entry<String, String> value : values.entrySet()) {
                text = text.replace(value.getKey(), value.getValue());
            }
            return Map.of("routes/" + route + ".camel.yaml", text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
