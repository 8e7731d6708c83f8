package smap.identity.mail;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.Variable;
import smap.identity.settings.Settings;

/**
 * What to do with a mail that the server may have taken, by its purpose ({@code MAIL_UNKNOWN}): send it again, under the same Message-ID,
 * or hold it for somebody to decide. Immutable and thread-safe.
 */
public final class UnknownOutcomes {

    private static final String HOLD = "hold";

    private final String preset;
    private final Map<String, String> byPurpose;

    /** @param policies {@code retry} or {@code hold}, then {@code purpose=retry} or {@code purpose=hold}, with commas between them */
    public UnknownOutcomes(String policies) {
        List<String> parts = List.of(policies.split(","));
        this.preset = parts.get(0);
        this.byPurpose = parts.stream().skip(1).map(part -> part.split("="))
                .collect(Collectors.toUnmodifiableMap(part -> part[0], part -> part[1], (first, last) -> last));
    }

    public static UnknownOutcomes of(Settings settings) {
        return new UnknownOutcomes(settings.get("mail.unknown"));
    }

    /** Whether such a mail is held. */
    public boolean isHeld(@Variable("purpose") String purpose) {
        return HOLD.equals(byPurpose.getOrDefault(purpose, preset));
    }
}
