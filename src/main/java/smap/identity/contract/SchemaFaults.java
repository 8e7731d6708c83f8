package smap.identity.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import smap.identity.problem.FieldError;

/** What a schema finds wrong with a value, as answers tell it: the field at fault, and what was expected of it. Stateless. */
final class SchemaFaults {

    /** Keywords of a schema that say which form a text has. */
    private static final Set<String> FORMS = Set.of("pattern", "format");

    private static final Set<String> LENGTHS = Set.of("minLength", "maxLength");

    private SchemaFaults() {}

    /** Each fault of a body by the path of its field, {@code address.city}; of the body itself by {@code body}. */
    static List<FieldError> ofBody(Schema schema, JsonNode body) {
        return schema.validate(body).stream().map(error -> fault(schema, error)).distinct().toList();
    }

    /** Each fault of a parameter by its name, that of an element too. */
    static List<FieldError> ofParameter(String name, Schema schema, JsonNode value) {
        return schema.validate(value).stream().map(error -> new FieldError(name, expectation(schema, error))).distinct().toList();
    }

    private static FieldError fault(Schema schema, Error error) {
        return "required".equals(error.getKeyword())
                ? FieldError.missing(field(error)) : new FieldError(field(error), expectation(schema, error));
    }

    private static String field(Error error) {
        String location = error.getInstanceLocation().toString().replaceFirst("^[$/.]+", "").replace('/', '.');
        String missing = "required".equals(error.getKeyword()) ? error.getProperty() : null;
        if (missing == null) {
            return location.isEmpty() ? "body" : location;
        }
        return location.isEmpty() ? missing : location + '.' + missing;
    }

    /** The contract's own words ({@code x-expected}) for a form, which tells a caller nothing; ours for a time; the library's else. */
    private static String expectation(Schema schema, Error error) {
        if (LENGTHS.contains(error.getKeyword())) {
            return length(error);
        }
        if (!FORMS.contains(error.getKeyword())) {
            return error.getMessage();
        }
        String keyword = error.getSchemaLocation().getFragment().toString();
        JsonNode rules = schema.getSchemaNode().at(keyword.substring(0, Math.max(0, keyword.lastIndexOf('/'))));
        ValueType type = ValueType.of(rules.path("type").asText(), rules.path("format").asText());
        return "must be " + rules.path("x-expected").asText(type.expected());
    }

    /** With how long it is: who writes a language of many accents, or pastes, has not counted. */
    private static String length(Error error) {
        String bound = "minLength".equals(error.getKeyword()) ? "at least " : "at most ";
        String text = error.getInstanceNode().asText();
        int characters = text.codePointCount(0, text.length());
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        return "must have " + bound + error.getSchemaNode().asText() + " characters, has " + characters
                + (bytes == characters ? "" : " (" + bytes + " bytes in UTF-8)");
    }
}
