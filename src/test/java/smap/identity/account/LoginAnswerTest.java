package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import smap.identity.problem.Envelope;

class LoginAnswerTest {

    @Test
    void who_logs_in_gets_the_account_as_the_database_shows_it_and_a_token() throws IOException {
        Clock clock = Clock.fixed(Instant.parse("2026-11-23T09:00:00Z"), ZoneOffset.UTC);
        AccessTokens tokens = new AccessTokens("0123456789abcdef0123456789abcdef", Duration.ofMinutes(15), clock);
        UUID id = UUID.randomUUID();
        Map<String, Object> user = Map.of("id", id, "email", "ann@example.com", "role", "USER", "password_hash", "$argon2id$secret",
                "json", "{\"id\" : \"" + id + "\", \"full_name\" : \"Nguyễn \\\"Ann\\\"\"}");

        JsonNode answer = new ObjectMapper().readTree(new LoginAnswer(tokens, new Envelope()).render(user));

        assertThat(answer.fieldNames()).toIterable().containsExactly("error_code", "message", "data");
        JsonNode data = answer.get("data");
        assertThat(data.fieldNames()).toIterable().containsExactly("user", "token", "token_type", "expires_at");
        assertThat(data.at("/user/full_name").asText()).isEqualTo("Nguyễn \"Ann\"");
        assertThat(data.get("token_type").asText()).isEqualTo("Bearer");
        assertThat(data.get("expires_at").asText()).isEqualTo("2026-11-23T09:15:00Z");
        assertThat(tokens.verify(data.get("token").asText())).isEqualTo(new Caller(id, "USER"));
        assertThat(answer.toString()).doesNotContain("secret");
    }
}
