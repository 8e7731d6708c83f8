package smap.identity.support;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Calls a JSON API and reads its answers: no redirects, no cookies, no retries, so that a test sees what the server did.
 * Immutable and thread-safe.
 */
public final class JsonHttp {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final HttpClient client;
    private final URI base;
    private final Map<String, String> headers;

    private JsonHttp(HttpClient client, URI base, Map<String, String> headers) {
        this.client = client;
        this.base = base;
        this.headers = headers;
    }

    /** Calls below this address, path included: {@code http://127.0.0.1:8080/api/v1}. */
    public static JsonHttp at(String base) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(5))
                .proxy(HttpClient.Builder.NO_PROXY)
                .build();
        return new JsonHttp(client, URI.create(base), Map.of());
    }

    /** The same, with one header more on every call. */
    public JsonHttp with(String name, String value) {
        Map<String, String> more = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        more.putAll(headers);
        more.put(name, value);
        return new JsonHttp(client, base, more);
    }

    /** The same, as the owner of this token. */
    public JsonHttp as(String token) {
        return with("Authorization", "Bearer " + token);
    }

    public Answer get(String path) {
        return send("GET", path, null);
    }

    /** Posts a body: {@code null} for none, a String or bytes as they are, anything else as JSON. */
    public Answer post(String path, Object body) {
        return send("POST", path, body);
    }

    /** Puts a body, given as to {@link #post}. */
    public Answer put(String path, Object body) {
        return send("PUT", path, body);
    }

    public Answer delete(String path) {
        return send("DELETE", path, null);
    }

    /** Any method. A body is {@code application/json} unless a header {@linkplain #with set before} says otherwise. */
    public Answer send(String method, String path, Object body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path)).timeout(LIMIT).method(method, publisher(body));
        if (body != null) {
            request.setHeader("Content-Type", "application/json");
        }
        headers.forEach(request::setHeader);
        try {
            return answer(client.send(request.build(), BodyHandlers.ofString()));
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + base + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static BodyPublisher publisher(Object body) {
        if (body == null) {
            return BodyPublishers.noBody();
        }
        if (body instanceof byte[] bytes) {
            return BodyPublishers.ofByteArray(bytes);
        }
        if (body instanceof String text) {
            return BodyPublishers.ofString(text);
        }
        try {
            return BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON for " + body, e);
        }
    }

    private static Answer answer(HttpResponse<String> response) {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(response.headers().map());
        return new Answer(response.statusCode(), headers, json(response.body()), response.body());
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    /**
     * What came back.
     *
     * @param status status code
     * @param headers all headers, their names in any case
     * @param json the body, a missing node if it is not JSON
     * @param text the body as it came
     */
    public record Answer(int status, Map<String, List<String>> headers, JsonNode json, String text) {

        /** {@code error_code} of the envelope. */
        public int errorCode() {
            JsonNode code = json.path("error_code");
            if (!code.isInt()) {
                throw new AssertionError("no error_code in the answer " + status + ": " + text);
            }
            return code.intValue();
        }

        /** {@code data} of the envelope, a missing node without one. */
        public JsonNode data() {
            return json.path("data");
        }

        /** The first value of a header. */
        public Optional<String> header(String name) {
            return headers.getOrDefault(name, List.of()).stream().findFirst();
        }
    }
}
