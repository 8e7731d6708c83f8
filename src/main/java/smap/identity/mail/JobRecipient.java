package smap.identity.mail;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.mail.internet.AddressException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.apache.camel.Variable;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

/** Gives a stored mail job another recipient, and leaves all else in it as it is. Thread-safe. */
public final class JobRecipient {

    private static final String RECIPIENT = "recipient";
    /** As {@link EmailDataReader} has it: in characters; holds an attachment of 48 MiB in base64. */
    private static final int LONGEST_STRING = 64 * 1024 * 1024;

    private final ObjectMapper json = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(LONGEST_STRING).build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /**
     * The recipient as a job has it: one mailbox, its domain in punycode and lower case.
     *
     * @throws ProblemException with {@link ProblemCode#RECIPIENT_NOT_VALID} if the text is not one deliverable mailbox
     */
    public String normalise(@Variable("recipient") String recipient) {
        try {
            return Mailbox.parse(recipient).toUnicodeString();
        } catch (AddressException e) {
            FieldError error = new FieldError(RECIPIENT, "must be " + e.getMessage());
            throw new ProblemException(ProblemCode.RECIPIENT_NOT_VALID, List.of(error), null);
        }
    }

    /**
     * The job with this recipient, under the name it has there: names match without regard to case or underscores.
     *
     * @throws ProblemException with {@link ProblemCode#JOB_NOT_READABLE} if the job is no JSON object
     */
    public byte[] replace(@Variable("job") byte[] job, @Variable("recipient") String recipient) {
        ObjectNode fields = read(job);
        List<String> names = fields.properties().stream()
                .map(field -> field.getKey())
                .filter(name -> name.replace("_", "").toLowerCase(Locale.ROOT).equals(RECIPIENT))
                .toList();
        names.forEach(name -> fields.put(name, recipient));
        if (names.isEmpty()) {
            fields.put(RECIPIENT, recipient);
        }
        try {
            return json.writeValueAsBytes(fields);
        } catch (IOException e) {
            throw new ProblemException(ProblemCode.JOB_NOT_READABLE);
        }
    }

    private ObjectNode read(byte[] job) {
        try {
            JsonNode read = json.readTree(job);
            if (read instanceof ObjectNode fields) {
                return fields;
            }
            throw new ProblemException(ProblemCode.JOB_NOT_READABLE);
        } catch (IOException e) {
            throw new ProblemException(ProblemCode.JOB_NOT_READABLE);
        }
    }
}
