package smap.identity.account;

import com.fasterxml.jackson.databind.util.RawValue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Variable;
import smap.identity.problem.Envelope;

/** What a person gets who has logged in or refreshed: the account as the database shows it, and the tokens of the session. Thread-safe. */
public final class LoginAnswer {

    private final Envelope envelope;

    public LoginAnswer(Envelope envelope) {
        this.envelope = envelope;
    }

    /**
     * @param user the row of the user, with its JSON in column {@code json}
     * @param session the row of the session, with its id in column {@code session_id}
     */
    public byte[] render(
            @Variable("user") Map<String, Object> user,
            @Variable("session") Map<String, Object> session,
            @Variable("access_token") AccessToken token,
            @Variable("refresh_token") String refreshToken) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("user", new RawValue(user.get("json").toString()));
        data.put("token", token.token());
        data.put("token_type", "Bearer");
        data.put("expires_at", token.expiresAt());
        data.put("refresh_token", refreshToken);
        data.put("session_id", session.get("session_id").toString());
        return envelope.success(data);
    }
}
