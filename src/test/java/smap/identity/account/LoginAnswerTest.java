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

    private static final UUID SESSION = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");

    @Test
    void who_logs_in_gets_the_account_as_the_database_shows_it_and_the_tokens_of_the_session() throws IOException {
        Clock clock = Clock.fixed(Instant.parse("2026-11-23T09:00:00Z"), ZoneOffset.UTC);
        AccessTokens tokens = new AccessTokens("0123456789abcdef0123456789abcdef", Duration.ofMinutes(15), clock);
        UUID id = UUID.randomUUID();
        Map<String, Object> user = Map.of("id", id, "email", "ann@example.com", "role", "USER", "password_hash", "$argon2id$secret",
                "json", "{\"id\" : \"" + id + "\", \"full_name\" : \"Nguyễn \\\"Ann\\\"\"}");

        Map<String, Object> session = Map.of("session_id", SESSION, "seconds_left", 43_200L);

        AccessToken token = tokens.issue(user, session);
        JsonNode answer = new ObjectMapper().readTree(new LoginAnswer(new Envelope()).render(user, session, token, "next"));

        assertThat(answer.fieldNames()).toIterable().containsExactly("error_code", "message", "data");
        JsonNode data = answer.get("data");
        assertThat(data.fieldNames()).toIterable().containsExactly(
                "user", "token", "token_type", "expires_at", "refresh_token", "session_id");
        assertThat(data.at("/user/full_name").asText()).isEqualTo("Nguyễn \"Ann\"");
        assertThat(data.get("token_type").asText()).isEqualTo("Bearer");
        assertThat(data.get("expires_at").asText()).isEqualTo("2026-11-23T09:15:00Z");
        assertThat(tokens.verify(data.get("token").asText())).isEqualTo(new Caller(id, "USER", id.toString(), SESSION));
        assertThat(data.get("refresh_token").asText()).isEqualTo("next");
        assertThat(data.get("session_id").asText()).isEqualTo(SESSION.toString());
        assertThat(answer.toString()).doesNotContain("secret");
    }
}
