package smap.identity.mail;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.camel.Header;
import org.apache.camel.component.springrabbit.SpringRabbitMQConstants;

/** What a job is called and what it is for, from the properties of its message. Thread-safe. */
public final class JobIds {

    private static final String OTHER = "other";
    private static final Pattern UUID_FORM = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final Pattern PURPOSE = Pattern.compile("[a-z][a-z0-9_-]{0,63}");

    /**
     * The job's id: the message's if that is a UUID, one derived from it if it is something else. A message of the old services has none;
     * it gets a new one each time the broker hands it out, because two equal jobs may well be two mails.
     */
    public String of(@Header(SpringRabbitMQConstants.MESSAGE_ID) String messageId) {
        if (messageId == null || messageId.isBlank()) {
            return UUID.randomUUID().toString();
        }
        return UUID_FORM.matcher(messageId).matches()
                ? messageId.toLowerCase(Locale.ROOT)
                : UUID.nameUUIDFromBytes(messageId.getBytes(StandardCharsets.UTF_8)).toString();
    }

    /** The job's purpose; {@code other} for a job that names none, or one that could not be a metric's label. */
    public String purposeOf(@Header("purpose") Object purpose) {
        return purpose != null && PURPOSE.matcher(purpose.toString()).matches() ? purpose.toString() : OTHER;
    }
}
