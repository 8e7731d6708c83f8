package smap.identity.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import smap.identity.contract.FuzzedRequest.Form;

/**
 * Requests made from the contract by a seed: each is for one of its operations, and wrong in none, one or many places, from a field's value
 * down to the framing. Immutable; the same number makes the same request again for the same callers.
 */
final class FuzzedRequests {

    private static final int MIB = 1024 * 1024;
    private static final String JSON = "application/json";
    private static final List<String> TYPES = List.of(
            JSON, "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"", "application/json; charset=utf-16",
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json, text/html", "", ";",
            "application/merge-patch+json", "application/jsonx", "a".repeat(3_000));
    private static final List<String> PATH_ENDS =
            List.of(
            "/", "//", "/.", "/..", "/x", "%2f", "%00", "%", "%zz", "%c3%28", ";a=b", "%20", "#a", "/%2e%2e/%2e%2e/live", "\\", "*");
    private static final List<String> QUERY_ODDITIES = List.of(
            "%", "%zz", "%c3%28", "%00", "&&&", "=", "a", "=a", "a=b=c", "page=1&page=2", "CamelHttpUri=http://evil",
            "CamelSqlQuery=SELECT+1", "CamelHttpResponseCode=999", "To=a@b.cd", "mail.smtp.host=evil", "caller=x",
            "Authorization=Bearer+x", "%0d%0aX-Injected:%201", "page[]=1", "a".repeat(3_000) + "=1", "?", "+", "\u00e4=\u00e4", "{}",
            "|^`\"<>");
    private static final List<String> HEADERS = List.of(
            "X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: \u00e4,,", "Origin: https://evil.example", "Origin: null",
            "Sec-Fetch-Site: cross-site", "Cookie: smap_auth_token=a.b.c", "Cookie: ;;=;smap_auth_token=", "Accept: text/html",
            "Accept-Language: " + "x,".repeat(600), "Accept-Language: *;q=a", "lang: \u00ff", "lang: ${1}", "traceparent: 00-0-0-0",
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "User-Agent: " + "u".repeat(3_000),
            "User-Agent: \u00ff", "Idempotency-Key: 1", "Idempotency-Key: \u00ff", "Idempotency-Key: " + "k".repeat(300),
            "Idempotency-Key:", "Authorization: Bearer", "Authorization: Basic eDp5", "Authorization: Bearer \u00ff",
            "Authorization: bearer a.b.c.d.e", "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "Content-Encoding: gzip",
            "Accept-Encoding: gzip", "X-HTTP-Method-Override: DELETE", "Range: bytes=0-1", "If-None-Match: *",
            "CamelHttpResponseCode: 999", "CamelSqlQuery: SELECT 1", "X-Odd: \u0080", "TE: trailers", "Via: 1.1 x", "Forwarded: for=\"",
            "Access-Control-Request-Method: PUT");
    private static final List<String> WHOLES =
            List.of("null", "[]", "\"a\"", "1", "true", "{}", " ", "{}{}", "{} x", "[{}]", "\u0000", "{\"a\":1,}");
    private static final List<String> BROKEN_HEADERS = List.of(
            "no colon", ": nameless", "Sp ace: 1", "X-Folded: a\r\n b", "Content-Length: -1", "Content-Length: 1\r\nContent-Length: 2",
            "Content-Length: 99999999999999999999", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked\r\nContent-Length: 3",
            "X-Nul: a\u0000b", "User-Agent: \u0001", "X-Odd: \u007f", "Expect: nothing", "Upgrade: h2c",
            "X-Large: " + "x".repeat(20_000), "Host: a\r\nHost: b");

    private final long seed;
    private final JsonNode document;
    private final List<Operation> operations;

    /** Who may ask: tokens, and what of the database a request may name, by the name of the field. */
    record World(List<String> tokens, Map<String, List<String>> known) {}

    private record Operation(String id, String method, String path, List<JsonNode> parameters, JsonNode body, boolean secured) {}

    FuzzedRequests(long seed, JsonNode document) {
        this.seed = seed;
        this.document = document;
        this.operations = operations(document);
    }

    private List<Operation> operations(JsonNode contract) {
        List<Operation> found = new ArrayList<>();
        contract.path("paths").properties().forEach(path -> path.getValue().properties().stream()
                .filter(entry -> entry.getValue().has("operationId"))
                .forEach(entry -> {
                    JsonNode operation = entry.getValue();
                    List<JsonNode> parameters = new ArrayList<>();
                    path.getValue().path("parameters").forEach(parameter -> parameters.add(resolve(parameter)));
                    operation.path("parameters").forEach(parameter -> parameters.add(resolve(parameter)));
                    String base = path.getValue().at("/servers/0/url").asText(contract.at("/servers/0/url").asText());
                    found.add(new Operation(operation.path("operationId").asText(), entry.getKey().toUpperCase(Locale.ROOT),
                            base.replaceAll("/$", "") + path.getKey(), parameters,
                            resolve(operation.path("requestBody")).at("/content/application~1json/schema"),
                            operation.path("security").size() > 0));
                }));
        return found;
    }

    private JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? resolve(document.at(node.path("$ref").asText().substring(1))) : node;
    }

    FuzzedRequest make(long number, World world) {
        Random random = new Random(seed * 1_000_003 + number);
        // the first numbers of neighbouring seeds resemble one another
        random.nextLong();
        return new Making(number, random, world).make();
    }

    /** One request in the making. */
    private final class Making {

        private final long number;
        private final Random random;
        private final World world;
        private final FuzzedValues values;
        private final List<String> headers = new ArrayList<>();
        private Form form = Form.FOR_THE_OPERATION;

        Making(long number, Random random, World world) {
            this.number = number;
            this.random = random;
            this.world = world;
            this.values = new FuzzedValues(random, FuzzedRequests.this::resolve, world.known());
        }

        FuzzedRequest make() {
            Operation operation = values.pick(operations);
            String method = operation.method();
            String target = path(operation) + query(operation);
            if (oneIn(60)) {
                target = target.replaceFirst("(?=[?]|$)", Matcher.quoteReplacement(values.pick(PATH_ENDS)));
                form = Form.SOUND;
            }
            if (oneIn(60)) {
                method = values.pick(List.of("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW", "get"));
                form = Form.SOUND;
            }
            operation.parameters().stream()
                    .filter(parameter -> parameter.path("in").asText().equals("header") && random.nextInt(3) == 0)
                    .forEach(parameter -> header(parameter.path("name").asText(),
                            values.text(parameter.path("name").asText(), parameter.path("schema"))));
            if (operation.secured() && !oneIn(10)) {
                header("Authorization", "Bearer " + values.pick(world.tokens()));
            }
            while (oneIn(4)) {
                headers.add(values.pick(HEADERS));
            }
            byte[] content = operation.body().isMissingNode() && !oneIn(15) ? null : content(operation);
            if (content != null) {
                headers.add("Content-Type: " + (oneIn(25) ? values.pick(TYPES) : JSON));
            }
            byte[] bytes = bytes(method, target, content);
            return new FuzzedRequest(number, operation.id(), form, method, bytes);
        }

        private void header(String name, String value) {
            // a line's end within a value would be the end of the header: no client sends it
            headers.add(name + ": " + value.replaceAll("[\r\n\u0000]", " "));
            if (value.length() > 3_000 || value.chars().anyMatch(Character::isISOControl)) {
                form = Form.SOUND;
            }
        }

        private String path(Operation operation) {
            String path = operation.path();
            for (JsonNode parameter : operation.parameters()) {
                if (parameter.path("in").asText().equals("path")) {
                    String name = parameter.path("name").asText();
                    String value = values.text(name, parameter.path("schema"));
                    if (value.isEmpty() || value.equals(".") || value.equals("..") || value.contains("/") || value.contains("\\")) {
                        form = Form.SOUND;
                    }
                    path = path.replace('{' + name + '}', encoded(value));
                }
            }
            return path;
        }

        private String query(Operation operation) {
            List<String> parts = new ArrayList<>();
            List<JsonNode> asked =
                    operation.parameters().stream().filter(parameter -> parameter.path("in").asText().equals("query")).toList();
            for (JsonNode parameter : values.some(asked, 50)) {
                String name = parameter.path("name").asText();
                parts.add(encoded(name) + '=' + encoded(values.text(name, parameter.path("schema"))));
            }
            while (oneIn(12)) {
                parts.add(values.pick(QUERY_ODDITIES));
                form = form == Form.FOR_THE_OPERATION ? Form.SOUND : form;
            }
            String query = String.join("&", parts);
            if (query.length() > 3_000) {
                form = Form.SOUND;
            }
            return query.isEmpty() ? "" : '?' + query;
        }

        private String encoded(String text) {
            String encoded = URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
            if (encoded.length() > 2_000) {
                form = Form.SOUND;
            }
            return encoded;
        }

        private byte[] content(Operation operation) {
            int dice = random.nextInt(100);
            if (dice < 84) {
                return object(operation).getBytes(StandardCharsets.UTF_8);
            }
            String json = object(operation);
            byte[] plain = json.getBytes(StandardCharsets.UTF_8);
            return switch (dice) {
                case 84 -> new byte[0];
                case 85 -> ("\ufeff" + json).getBytes(StandardCharsets.UTF_8);
                case 86 -> json.getBytes(StandardCharsets.UTF_16);
                case 87 -> json.getBytes(Charset.forName("UTF-32"));
                case 88 -> "[".repeat(10_000).getBytes(StandardCharsets.UTF_8);
                case 89 -> ("{\"email\":" + "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_001)).getBytes(StandardCharsets.UTF_8);
                case 90 -> ("{\"email\":" + "[".repeat(900) + "]".repeat(900) + '}').getBytes(StandardCharsets.UTF_8);
                case 91 -> Arrays.copyOf(plain, plain.length - 1 - random.nextInt(plain.length - 1));
                case 92 -> values.pick(WHOLES).getBytes(StandardCharsets.UTF_8);
                case 93 -> filled(random.nextBoolean() ? MIB : MIB - 20_000);
                case 94 -> ("{" + "\"a\":1,".repeat(50_000) + "\"b\":2}").getBytes(StandardCharsets.UTF_8);
                case 95 -> mangled(plain);
                case 96 -> random.ints(200, 0, 256).collect(ByteArrayOutputStream::new, ByteArrayOutputStream::write,
                        (left, right) -> left.writeBytes(right.toByteArray())).toByteArray();
                case 97 -> ("email=a%40b.cd&password=" + "x".repeat(9)).getBytes(StandardCharsets.UTF_8);
                case 98 -> json.replaceFirst("}$", ",\"x\":[" + "1,".repeat(100_000) + "1]}").getBytes(StandardCharsets.UTF_8);
                default -> json.replace("}", ",\"" + "n".repeat(60_000) + "\":1}").getBytes(StandardCharsets.UTF_8);
            };
        }

        private byte[] filled(int length) {
            byte[] content = new byte[length];
            Arrays.fill(content, (byte) 'x');
            byte[] begin = "{\"email\":\"".getBytes(StandardCharsets.UTF_8);
            System.arraycopy(begin, 0, content, 0, begin.length);
            content[length - 2] = '"';
            content[length - 1] = '}';
            return content;
        }

        private byte[] mangled(byte[] content) {
            byte[] mangled = content.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                mangled[random.nextInt(mangled.length)] = (byte) random.nextInt(256);
            }
            return mangled;
        }

        private String object(Operation operation) {
            JsonNode schema = resolve(operation.body());
            List<Map.Entry<String, JsonNode>> fields = new ArrayList<>(schema.path("properties").properties());
            StringBuilder object = new StringBuilder("{");
            for (Map.Entry<String, JsonNode> field : values.some(fields, 88)) {
                String name = oneIn(80) ? values.oddText() : field.getKey();
                object.append(object.length() > 1 ? "," : "").append(values.quoted(name)).append(oneIn(30) ? " :\n" : ":")
                        .append(values.json(field.getKey(), field.getValue()));
            }
            if (oneIn(10)) {
                object.append(object.length() > 1 ? "," : "").append(values.pick(List.of("\"role\":\"ADMIN\"", "\"caller\":\"x\"",
                        "\"now\":\"2000-01-01\"", "\"idempotency_lease\":\"x\"", "\"__proto__\":{}", "\"actor\":1", "\"\":null")));
            }
            return object.append('}').toString();
        }

        private byte[] bytes(String method, String target, byte[] content) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            boolean broken = oneIn(50);
            String line = method + ' ' + target + " HTTP/1.1";
            if (broken && random.nextBoolean()) {
                String asked = method + ' ' + target;
                line = values.pick(List.of(asked, asked + " HTTP/9.9", target, method + "\t" + target + " HTTP/1.1",
                        asked + ' ' + target + " HTTP/1.1", method + " http://[::1/ HTTP/1.1", "\u0000" + line,
                        asked + "/".repeat(9_000) + " HTTP/1.1", method + " * HTTP/1.1", "PRI * HTTP/2.0"));
                form = Form.BROKEN;
            } else if (broken) {
                headers.add(random.nextInt(headers.size() + 1), values.pick(BROKEN_HEADERS));
                form = Form.BROKEN;
            }
            boolean chunked = content != null && oneIn(8);
            write(bytes, line + "\r\nHost: localhost\r\n");
            headers.forEach(header -> write(bytes, header + "\r\n"));
            if (content != null) {
                write(bytes, chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: " + content.length + "\r\n");
            }
            write(bytes, "\r\n");
            if (chunked) {
                writeChunks(bytes, content);
            } else if (content != null) {
                bytes.writeBytes(content);
            }
            return bytes.toByteArray();
        }

        private void writeChunks(ByteArrayOutputStream bytes, byte[] content) {
            int at = 0;
            while (at < content.length) {
                int length = Math.min(content.length - at, 1 + random.nextInt(Math.max(1, content.length / 3)));
                write(bytes, Integer.toHexString(length) + (oneIn(10) ? ";a=b" : "") + "\r\n");
                bytes.write(content, at, length);
                write(bytes, "\r\n");
                at += length;
            }
            write(bytes, oneIn(10) ? "0\r\nX-Injected: 1\r\n\r\n" : "0\r\n\r\n");
        }

        private static void write(ByteArrayOutputStream bytes, String text) {
            bytes.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        private boolean oneIn(int times) {
            return random.nextInt(times) == 0;
        }
    }
}
