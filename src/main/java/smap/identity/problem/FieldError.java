package smap.identity.problem;

/** One line of an envelope's {@code errors}: the field (or parameter) as the caller spelled it in JSON, and what was expected of it. */
public record FieldError(String field, String message) {}
