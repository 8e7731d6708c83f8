package smap.identity.support;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;

/** The mailbox at {@code /dev/mailbox} of a process that runs its mail server embedded. Immutable and thread-safe. */
public final class DevMailbox {

    private static final Duration LIMIT = Duration.ofSeconds(15);
    private static final Pattern CODE = Pattern.compile("\\b[0-9]{6}\\b");

    private final JsonHttp http;

    /** @param http calls below the root of the process */
    public DevMailbox(JsonHttp http) {
        this.http = http.with("Accept", "application/json");
    }

    /** The code in the newest mail to an address that has one, waited for if there is none yet. */
    public String code(String address) {
        return Awaitility.await("the mail to " + address).atMost(LIMIT).until(() -> find(address), found -> !found.isEmpty());
    }

    /** Waits until there is a mail to an address with this subject. */
    public void awaitSubject(String address, String subject) {
        Awaitility.await("the mail '" + subject + "' to " + address).atMost(LIMIT).until(() -> StreamSupport
                .stream(http.get("/dev/mailbox").json().path("mails").spliterator(), false)
                .anyMatch(mail -> mail.at("/to/0").asText().equals(address) && mail.path("subject").asText().equals(subject)));
    }

    private String find(String address) {
        JsonNode mails = http.get("/dev/mailbox").json().path("mails");
        return StreamSupport.stream(mails.spliterator(), false)
                .filter(mail -> mail.at("/to/0").asText().equals(address))
                .map(mail -> CODE.matcher(mail.path("text").asText()))
                .filter(Matcher::find)
                .map(Matcher::group)
                .findFirst()
                .orElse("");
    }
}
