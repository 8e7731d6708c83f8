package smap.identity.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.Exchange;
import smap.identity.account.HmacSha256;
import smap.identity.contract.ContractOperation.Body;
import smap.identity.settings.Settings;

/**
 * Tells whether two requests ask for the same: HMAC-SHA-256 (RFC 2104) over the operation and what the contract declares of its path,
 * query and body. White space, the order of fields, undeclared fields and headers make no difference; a field that was not sent is its
 * default. Keyed, because a request may hold a password and the hash is stored. Thread-safe.
 */
public final class RequestHashes {

    /** The key is that of one-time codes, too: nothing that is hashed there begins so. */
    private static final String DOMAIN = "idempotency-key\n";

    private final Contract contract;
    private final HmacSha256 hmac;
    private final ObjectMapper json = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .build();

    /** @param secret the server's key, at least 32 bytes */
    public RequestHashes(Contract contract, String secret) {
        this.contract = contract;
        this.hmac = new HmacSha256(secret.getBytes(StandardCharsets.UTF_8));
    }

    public static RequestHashes of(Settings settings, Contract contract) {
        return new RequestHashes(contract, settings.get("otp.secret"));
    }

    /** Hexadecimal hash of the checked request in an exchange, which is for the operation its variable {@code operation} names. */
    public String hash(Exchange exchange) {
        ContractOperation operation = contract.operation(exchange.getVariable("operation", String.class));
        Map<String, Object> asked = new TreeMap<>();
        operation.parameters().stream()
                .filter(parameter -> !"header".equals(parameter.in()))
                .forEach(parameter -> asked.put(parameter.in() + ' ' + parameter.name(), exchange.getVariable(parameter.name())));
        operation.body().map(Body::fields).ifPresent(
                fields -> fields.forEach(field -> asked.put(field.name(), exchange.getVariable(field.name()))));
        try {
            byte[] name = (DOMAIN + operation.id() + '\n').getBytes(StandardCharsets.UTF_8);
            byte[] content = json.writeValueAsBytes(asked);
            byte[] text = ByteBuffer.allocate(name.length + content.length).put(name).put(content).array();
            return HexFormat.of().formatHex(hmac.of(text));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("What the contract declares can be written as JSON", e);
        }
    }
}
