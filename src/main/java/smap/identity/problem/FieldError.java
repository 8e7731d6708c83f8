package smap.identity.problem;

import com.fasterxml.jackson.annotation.JsonIgnore;

/** One line of an envelope's {@code errors}: the field (or parameter) as the caller spelled it in JSON, and what was expected of it. */
public record FieldError(String field, String message) {

    private static final String REQUIRED = "is required";

    /** Of a field that has to be given and is not. */
    public static FieldError missing(String field) {
        return new FieldError(field, REQUIRED);
    }

    /** Whether the field was not given. No part of an answer. */
    @JsonIgnore
    public boolean isMissing() {
        return REQUIRED.equals(message);
    }
}
