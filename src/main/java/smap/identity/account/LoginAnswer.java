package smap.identity.account;

import com.fasterxml.jackson.databind.util.RawValue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Variable;
import smap.identity.problem.Envelope;

/** What a person gets who has logged in: the account as the database shows it, and an access token. Thread-safe. */
public final class LoginAnswer {

    private final AccessTokens tokens;
    private final Envelope envelope;

    public LoginAnswer(AccessTokens tokens, Envelope envelope) {
        this.tokens = tokens;
        this.envelope = envelope;
    }

    /** @param user the row of the user, with its JSON in column {@code json} */
    public byte[] render(@Variable("user") Map<String, Object> user) {
        AccessToken token = tokens.issue(user);
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("user", new RawValue(user.get("json").toString()));
        data.put("token", token.token());
        data.put("token_type", "Bearer");
        data.put("expires_at", token.expiresAt());
        return envelope.success(data);
    }
}
