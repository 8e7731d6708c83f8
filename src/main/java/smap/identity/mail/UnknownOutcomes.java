package smap.identity.mail;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.Variable;
import smap.identity.settings.Settings;

/**
 * What to do with a mail that the server may have taken, by its purpose ({@code MAIL_UNKNOWN}): send it again, under the same Message-ID,
 * or hold it for somebody to decide. Mails that bring a one-time code have a policy in common, because they are of no use to anybody a few
 * minutes later. Immutable and thread-safe.
 */
public final class UnknownOutcomes {

    private static final String HOLD = "hold";

    /** Stands for every purpose whose mails bring a code. */
    private static final String CODE = "code";

    private final String preset;
    private final Map<String, String> byPurpose;

    /**
     * @param policies {@code retry} or {@code hold}, then {@code purpose=retry} or {@code purpose=hold}, with commas between them; the
     *     purpose {@code code} is each whose mails bring a code
     */
    public UnknownOutcomes(String policies) {
        List<String> parts = List.of(policies.split(","));
        this.preset = parts.get(0);
        this.byPurpose = parts.stream().skip(1).map(part -> part.split("="))
                .collect(Collectors.toUnmodifiableMap(part -> part[0], part -> part[1], (first, last) -> last));
    }

    public static UnknownOutcomes of(Settings settings) {
        return new UnknownOutcomes(settings.get("mail.unknown"));
    }

    /**
     * Whether such a mail is held.
     *
     * @param codeExpiresAt when the code in it dies; null for a mail that brings none, or that we have no record of
     */
    public boolean isHeld(@Variable("purpose") String purpose, @Variable("code_expires_at") String codeExpiresAt) {
        boolean code = codeExpiresAt != null || MailTemplate.named(purpose).filter(MailTemplate::bringsCode).isPresent();
        String common = code ? byPurpose.getOrDefault(CODE, preset) : preset;
        return HOLD.equals(byPurpose.getOrDefault(purpose, common));
    }
}
