package smap.identity.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.regex.Pattern;

/**
 * The type of a schema: which JSON the text of a parameter stands for, and which variable a value becomes. Immutable and thread-safe.
 *
 * @param name {@code type} of the schema
 * @param format {@code format} of the schema, empty if it has none
 * @param items type of an array's elements, null for any other
 */
record ValueType(String name, String format, ValueType items) {

    private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,18}");
    private static final String SEPARATOR = ",";

    /** The type of a single value. */
    static ValueType of(String name, String format) {
        return new ValueType(name, format, null);
    }

    boolean isArray() {
        return items != null;
    }

    /** The JSON a parameter's text stands for, an array's elements separated by commas; null if it stands for none of this type. */
    JsonNode read(String text) {
        return switch (name) {
            case "integer" -> INTEGER.matcher(text).matches() ? number(Long.parseLong(text)) : null;
            case "boolean" -> text.equals("true") || text.equals("false") ? BooleanNode.valueOf(text.equals("true")) : null;
            case "array" -> readElements(text);
            default -> TextNode.valueOf(text);
        };
    }

    private static JsonNode number(long value) {
        return value == (int) value ? IntNode.valueOf((int) value) : LongNode.valueOf(value);
    }

    private ArrayNode readElements(String text) {
        ArrayNode elements = JsonNodeFactory.instance.arrayNode();
        for (String element : text.split(SEPARATOR, -1)) {
            JsonNode read = items.read(element);
            if (read == null) {
                return null;
            }
            elements.add(read);
        }
        return elements;
    }

    /** What is expected of a text, in words that follow "must be". */
    String expected() {
        return switch (name) {
            case "integer" -> "a whole number";
            case "boolean" -> "true or false";
            case "array" -> items.expected() + ", or several separated by commas";
            default -> "date-time".equals(format) ? "a time such as 2026-11-23T09:00:00Z" : "text";
        };
    }

    /**
     * What a value that fits its schema becomes: a time an {@link OffsetDateTime}, a list of texts an array, as JDBC takes them; null if it
     * does not fit after all, which a schema cannot tell of a time.
     *
     * @param value that value as the JSON library converts it
     */
    Object variable(JsonNode json, Object value) {
        if ("date-time".equals(format)) {
            try {
                // PostgreSQL takes no offset of 16 hours or more
                return OffsetDateTime.parse(json.asText()).withOffsetSameInstant(ZoneOffset.UTC);
            } catch (DateTimeException e) {
                return null;
            }
        }
        if (isArray() && items.name.equals("string") && json.isArray()) {
            String[] texts = new String[json.size()];
            for (int i = 0; i < texts.length; i++) {
                texts[i] = json.get(i).asText();
            }
            return texts;
        }
        return value;
    }
}
