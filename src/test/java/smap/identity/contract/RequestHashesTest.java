package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.problem.Envelope;
import smap.identity.problem.TraceIds;

class RequestHashesTest {

    private static final String SECRET = "a secret of thirty-two characters";
    private static final String REGISTER = "/authentication/register";
    private static final String REPLAY = "/dead-letters/replay";
    private static final String BODY = "{\"email\":\"ann@example.com\",\"password\":\"correct horse\"}";
    private static final String FILTER = "{\"reasons\":[\"exhausted\"],\"created_from\":\"2026-11-23T09:00:00Z\"}";

    private final Contract contract = Contract.read("openapi/smap-identity.yaml");
    private final ContractRequestValidator validator = new ContractRequestValidator(contract, new Envelope(), new TraceIds());
    private final RequestHashes hashes = new RequestHashes(contract, SECRET);

    @Test
    void the_hash_is_hexadecimal_and_holds_nothing_of_the_request() {
        assertThat(hash(REGISTER, BODY)).matches("[0-9a-f]{64}");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"password\":\"correct horse\",\"email\":\"ann@example.com\"}",
        " { \"email\" : \"ann@example.com\",\n\"password\":\"correct\\u0020horse\" }",
        "{\"email\":\"ann@example.com\",\"password\":\"correct horse\",\"full_name\":null,\"unknown\":1}"
    })
    void what_means_the_same_has_the_same_hash(String body) {
        assertThat(hash(REGISTER, body)).isEqualTo(hash(REGISTER, BODY));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"email\":\"ann@example.com\",\"password\":\"correct Horse\"}",
        "{\"email\":\"Ann@example.com\",\"password\":\"correct horse\"}",
        "{\"email\":\"ann@example.com\",\"password\":\"correct horse\",\"full_name\":\"\"}",
        "{\"email\":\"ann@example.com\",\"password\":\"correct horse\",\"full_name\":\"Ann\"}"
    })
    void another_request_has_another_hash(String body) {
        assertThat(hash(REGISTER, body)).isNotEqualTo(hash(REGISTER, BODY));
    }

    @Test
    void lists_times_and_defaults_count() {
        assertThat(hash(REPLAY, FILTER)).isEqualTo(hash(REPLAY, FILTER.replace("}", ",\"rate\":10,\"dry_run\":false}")))
                .isNotEqualTo(hash(REPLAY, FILTER.replace("exhausted", "permanent")))
                .isNotEqualTo(hash(REPLAY, FILTER.replace("]", ",\"permanent\"]")))
                .isNotEqualTo(hash(REPLAY, FILTER.replace("09:00", "09:01")))
                .isNotEqualTo(hash(REPLAY, FILTER.replace("}", ",\"rate\":11}")));
    }

    @Test
    void a_path_counts_and_a_header_does_not() {
        Exchange asked = asked("/dead-letters/7a4c1d2e-0000-4000-8000-000000000001/replay", null);
        String hash = hashes.hash(asked);
        asked.setVariable("lang", "vi");
        assertThat(hashes.hash(asked)).isEqualTo(hash);

        assertThat(hash).isNotEqualTo(hash("/dead-letters/7a4c1d2e-0000-4000-8000-000000000002/replay", null));
    }

    @Test
    void the_operation_and_the_key_count() {
        Exchange asked = asked(REGISTER, BODY);
        String hash = hashes.hash(asked);
        assertThat(new RequestHashes(contract, SECRET + "!").hash(asked)).isNotEqualTo(hash);

        asked.setVariable("operation", "authentication-login");
        assertThat(hashes.hash(asked)).isNotEqualTo(hash);

        asked.setVariable("operation", "nothing");
        assertThatThrownBy(() -> hashes.hash(asked)).hasMessageContaining("'nothing'");
    }

    private String hash(String path, String body) {
        return hashes.hash(asked(path, body));
    }

    private Exchange asked(String path, String body) {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.getMessage().setHeader(Exchange.HTTP_METHOD, "POST");
        exchange.getMessage().setHeader(Exchange.HTTP_PATH, contract.basePath() + path);
        exchange.getMessage().setBody(body == null ? null : body.getBytes(StandardCharsets.UTF_8));
        assertThat(validator.validate(exchange, null)).isNull();
        return exchange;
    }
}
