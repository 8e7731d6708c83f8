package smap.identity;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code dead-letters …} on the command line asks of the API: the same request that HTTP would bring, so that the contract checks
 * it. Immutable.
 *
 * @param operation name of the operation and its route
 * @param method HTTP method
 * @param path below the base path
 * @param query parameters of the query
 * @param body JSON, or null
 */
record DeadLetterRequest(String operation, String method, String path, Map<String, String> query, String body) {

    static final String USAGE = """
            usage: dead-letters list [--status=dead,…] [--reason=…] [--purpose=…] [--recipient=…]
                                     [--created-from=…] [--created-to=…] [--page=N] [--limit=N]
                   dead-letters show ID [--body]
                   dead-letters replay ID
                   dead-letters replay --all [--reason=…] [--purpose=…] [--recipient=…]
                                     [--created-from=…] [--created-to=…] [--rate=N] [--dry-run]
                   dead-letters discard ID --reason=…
            Settings come from the environment, as for the API. Exit: 0 done, 1 refused, 2 wrong usage, 78 misconfigured.
            """;

    private static final String PATH = "/dead-letters";
    private static final Map<String, String> FILTER = Map.of(
            "reason", "reasons",
            "purpose", "purposes",
            "recipient", "recipient",
            "created-from", "created_from",
            "created-to", "created_to");
    private static final Map<String, String> PAGE = Map.of("status", "statuses", "page", "page", "limit", "limit");

    /**
     * Reads the words behind {@code dead-letters}; nothing if they are none of {@link #USAGE}. Values are left to the contract.
     */
    static Optional<DeadLetterRequest> read(List<String> words) {
        List<String> names = new ArrayList<>();
        Map<String, String> options = new LinkedHashMap<>();
        for (String word : words) {
            if (!word.startsWith("--")) {
                names.add(word);
            } else if (options.put(word.substring(2).split("=", 2)[0], word.contains("=") ? word.split("=", 2)[1] : null) != null) {
                return Optional.empty();
            }
        }
        String verb = names.isEmpty() ? "" : names.get(0);
        boolean one = names.size() == 2 && !names.get(1).isEmpty();
        boolean all = names.size() == 1;
        Set<String> given = options.keySet();
        DeadLetterRequest request = null;
        if (verb.equals("list") && all && valued(options, Set.of()) && isFilter(given, PAGE.keySet())) {
            request = new DeadLetterRequest("dead-letter-list", "GET", PATH, named(options), null);
        } else if (verb.equals("show") && one && valued(options, Set.of("body")) && Set.of("body").containsAll(given)) {
            Map<String, String> query = given.isEmpty() ? Map.of() : Map.of("include", "body");
            request = new DeadLetterRequest("dead-letter-show", "GET", path(names.get(1)), query, null);
        } else if (verb.equals("discard") && one && valued(options, Set.of()) && given.equals(Set.of("reason"))) {
            request = new DeadLetterRequest("dead-letter-discard", "DELETE", path(names.get(1)), options, null);
        } else if (verb.equals("replay") && one && given.isEmpty()) {
            request = new DeadLetterRequest("dead-letter-replay-one", "POST", path(names.get(1)) + "/replay", Map.of(), null);
        } else if (verb.equals("replay") && all && given.contains("all") && valued(options, Set.of("all", "dry-run"))
                && isFilter(given, Set.of("all", "dry-run", "rate"))) {
            request = new DeadLetterRequest("dead-letter-replay-many", "POST", PATH + "/replay", Map.of(), body(options));
        }
        return Optional.ofNullable(request);
    }

    private static String path(String id) {
        return PATH + '/' + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Whether each option has a value, but for these, which have none. */
    private static boolean valued(Map<String, String> options, Set<String> bare) {
        return options.entrySet().stream().allMatch(option -> (option.getValue() == null) == bare.contains(option.getKey()));
    }

    /** Whether each option is one of a filter, or one of these. */
    private static boolean isFilter(Set<String> given, Set<String> more) {
        return given.stream().allMatch(option -> FILTER.containsKey(option) || more.contains(option));
    }

    private static Map<String, String> named(Map<String, String> options) {
        Map<String, String> query = new LinkedHashMap<>();
        options.forEach((option, value) -> query.put(FILTER.containsKey(option) ? FILTER.get(option) : PAGE.get(option), value));
        return query;
    }

    private static String body(Map<String, String> options) {
        ObjectNode body = new ObjectMapper().createObjectNode().put("dry_run", options.containsKey("dry-run"));
        FILTER.forEach((option, name) -> {
            String value = options.get(option);
            if (value != null && name.endsWith("s")) {
                ArrayNode list = body.putArray(name);
                List.of(value.split(",", -1)).forEach(list::add);
            } else if (value != null) {
                body.put(name, value);
            }
        });
        String rate = options.get("rate");
        if (rate != null && rate.matches("[0-9]{1,9}")) {
            body.put("rate", Integer.parseInt(rate));
        } else if (rate != null) {
            body.put("rate", rate);
        }
        return body.toString();
    }
}
