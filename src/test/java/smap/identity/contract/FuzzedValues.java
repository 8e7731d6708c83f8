package smap.identity.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * Values for the fields and parameters of the contract: such as fit their schema, and such as somebody sends who wants to find a hole. As
 * JSON text, because not everything that is sent can be parsed. For one thread.
 */
final class FuzzedValues {

    private static final List<String> ODD_TEXTS = List.of(
            "", " ", "a", "null", "true", "0", "-1", "\u0000", "a\u0000b", "a\r\nX-Injected: 1", "\n", "\t", "\u007f", "\u0085",
            "\u2028", "\ufeff", "\ufffe", "\u202Eevil", "𝕬😀", "e\u0301", "İ", "ß", "ﬃ", "ſ", "\ud800", "\udc00", "\ud83d\ud83d", "'",
            "\"", "\\", "''; DROP TABLE users; --", "' OR '1'='1", "1; SELECT pg_sleep(10)--", "$1", ":#email", ":?x", "?", "%", "_",
            "%00", "%0d%0aX-Injected:1", "${variable.token}", "${exception}", "{{jwt.secret}}", "#bean:settings", "{{{email}}}",
            "<script>alert(1)</script>", "../../../etc/passwd", "{\"a\":1}", "[]", "{a,b}", "{}", "\\N", "a,b", ",", ",,", "a;b", "a@b",
            "a@b.c", "a@b.cd,e@f.gh", "<a@b.cd>", "\"a b\"@c.de", "a@[127.0.0.1]", "a@xn--nxasmq6b.com", "ä@ö.de", ".a@b.cd", "A@B.CD",
            "infinity", "-infinity", "now", "epoch", "NaN", "1e400", "0x10", "00", "1_000", "٣", "9".repeat(30), "-" + "9".repeat(30));
    private static final List<String> TIMES = List.of(
            "2026-11-23T09:00:00Z", "2026-11-23T09:00:00.123456789Z", "2026-11-23T09:00:00+18:00", "2026-11-23T09:00:00+18:01",
            "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "+10000-01-01T00:00:00Z",
            "+294277-01-01T00:00:00Z", "+999999999-12-31T23:59:59Z", "-999999999-01-01T00:00:00Z", "-4714-01-01T00:00:00Z", "2026-11-23",
            "2026-11-23 09:00:00", "24:00", "2026-11-23T24:00:00Z", "2026-11-23T09:00Z");
    private static final List<String> NUMBERS = List.of(
            "0", "-0", "-1", "1", "0.5", "1.0", "1e0", "1E2", "1e400", "-1e400", "1e-400", "1e1000000000", "2147483647", "2147483648",
            "-2147483649", "9223372036854775807", "9223372036854775808", "1" + "0".repeat(400), "0." + "1".repeat(900),
            "1" + "0".repeat(1100), "3.0000000000000000001");
    private static final List<String> OTHERS = List.of(
            "null", "true", "false", "{}", "[]", "[[]]", "{\"a\":{}}", "[null]", "[1,\"a\",{}]", "{\"email\":\"a@b.cd\"}", "[{}]",
            "{\"\":\"\"}", "{\"\\u0000\":1}");
    private static final List<String> NOT_JSON = List.of(
            "NaN", "Infinity", "undefined", "'a'", "01", "+1", ".5", "1.", "0x1", "\"\\x41\"", "\"\\ud8\"", "\"a\nb\"", "\"open", "tru",
            "//a\n1", "/*a*/1", "True", "\"\u0000\"", "");
    private static final List<Integer> LENGTHS = List.of(
            7, 8, 99, 100, 128, 129, 200, 201, 254, 255, 256, 500, 501, 1000, 5_000, 70_000);

    private final Random random;
    private final UnaryOperator<JsonNode> resolve;
    /** By the name of a field: what is there, so that requests get further than a refusal. */
    private final Map<String, List<String>> known;

    FuzzedValues(Random random, UnaryOperator<JsonNode> resolve, Map<String, List<String>> known) {
        this.random = random;
        this.resolve = resolve;
        this.known = known;
    }

    /** JSON for a field: mostly such as fits. */
    String json(String name, JsonNode schema) {
        int dice = random.nextInt(100);
        if (dice < 70) {
            return fitting(name, resolve.apply(schema));
        }
        if (dice < 82) {
            return quoted(oddText());
        }
        if (dice < 88) {
            return quoted(pick(TIMES));
        }
        if (dice < 94) {
            return pick(NUMBERS);
        }
        return dice < 99 ? pick(OTHERS) : pick(NOT_JSON);
    }

    /** The text of a parameter: mostly such as fits. */
    String text(String name, JsonNode schema) {
        int dice = random.nextInt(100);
        if (dice < 70) {
            return plain(name, resolve.apply(schema));
        }
        if (dice < 85) {
            return oddText();
        }
        return pick(dice < 93 ? NUMBERS : TIMES);
    }

    private String plain(String name, JsonNode schema) {
        if (schema.path("type").asText().equals("array")) {
            StringJoiner elements = new StringJoiner(",");
            for (int i = random.nextInt(3); i >= 0; i--) {
                elements.add(plain(name, resolve.apply(schema.path("items"))));
            }
            return elements.toString();
        }
        String json = fitting(name, schema);
        return json.startsWith("\"") ? json.substring(1, json.length() - 1) : json;
    }

    private String fitting(String name, JsonNode schema) {
        if (schema.path("nullable").asBoolean() && random.nextInt(8) == 0) {
            return "null";
        }
        if (schema.has("enum")) {
            JsonNode values = schema.path("enum");
            return values.get(random.nextInt(values.size())).toString();
        }
        return switch (schema.path("type").asText()) {
            case "integer" -> Long.toString(schema.path("minimum").asLong(0)
                    + random.nextInt((int) Math.min(schema.path("maximum").asLong(100) - schema.path("minimum").asLong(0) + 1, 1_000_000)));
            case "boolean" -> Boolean.toString(random.nextBoolean());
            case "array" -> {
                StringJoiner elements = new StringJoiner(",", "[", "]");
                for (int i = random.nextInt(4); i > 0; i--) {
                    elements.add(json(name, schema.path("items")));
                }
                yield elements.toString();
            }
            default -> quoted(fittingText(name, schema));
        };
    }

    private String fittingText(String name, JsonNode schema) {
        List<String> there = known.get(name);
        if (there != null && random.nextInt(4) > 0) {
            return pick(there);
        }
        if (schema.path("format").asText().equals("uuid")) {
            return new UUID(random.nextLong(), random.nextLong()).toString();
        }
        if (schema.path("format").asText().equals("date-time")) {
            return pick(TIMES);
        }
        if (schema.path("pattern").asText().contains("@")) {
            return "f" + random.nextInt(100_000) + "@example.com";
        }
        if (schema.path("pattern").asText().matches("\\^\\[0-9]\\{\\d}\\$")) {
            return String.format(Locale.ROOT, "%06d", random.nextInt(1_000_000));
        }
        if (schema.has("example") && random.nextBoolean()) {
            return schema.path("example").asText();
        }
        int least = schema.path("minLength").asInt(0);
        int most = Math.min(schema.path("maxLength").asInt(40), 300);
        return letters(least + random.nextInt(Math.max(1, most - least + 1)));
    }

    /** Something else than is asked for. */
    String oddText() {
        if (random.nextInt(4) == 0) {
            return pick(List.of("a", "ä", "😀", " ", "\u0000", "%", "'")).repeat(pick(LENGTHS));
        }
        String odd = pick(ODD_TEXTS);
        return random.nextInt(3) == 0 ? letters(random.nextInt(9)) + odd + letters(random.nextInt(9)) : odd;
    }

    private String letters(int length) {
        StringBuilder letters = new StringBuilder();
        random.ints(length, 'a', 'z' + 1).forEach(letters::appendCodePoint);
        return letters.toString();
    }

    /** JSON of a text; what stands for no character is escaped, so that it gets through. */
    String quoted(String text) {
        if (random.nextInt(4) == 0) {
            StringBuilder escaped = new StringBuilder("\"");
            text.chars().forEach(unit -> escaped.append(String.format("\\u%04x", unit)));
            return escaped.append('"').toString();
        }
        // a surrogate that stands alone has no form in UTF-8
        StringBuilder json = new StringBuilder();
        TextNode.valueOf(text).toString().codePoints().forEach(point -> {
            boolean alone = Character.getType(point) == Character.SURROGATE;
            json.append(alone ? String.format("\\u%04x", point) : Character.toString(point));
        });
        return json.toString();
    }

    <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** Some of a list, in any order, an element twice now and then. */
    <T> List<T> some(List<T> from, int percent) {
        List<T> taken = new ArrayList<>();
        for (T element : from) {
            if (random.nextInt(100) < percent) {
                taken.add(random.nextInt(20) == 0 && !taken.isEmpty() ? 0 : taken.size(), element);
            }
            if (random.nextInt(100) < 2) {
                taken.add(element);
            }
        }
        return taken;
    }
}
