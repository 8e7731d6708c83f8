package smap.identity.mail;

import java.util.Arrays;
import java.util.Objects;

/**
 * A file that travels with a mail. Immutable and thread-safe: the bytes are copied on the way in and on the way out.
 *
 * @param filename name shown to the reader, any Unicode text without line breaks
 * @param contentType media type of the bytes, never {@code null}; {@value #DEFAULT_CONTENT_TYPE} when the sender gave none
 * @param data the file itself, already decoded
 */
public record Attachment(String filename, String contentType, byte[] data) {

    /** Media type of bytes nobody described (RFC 2046, section 4.5.1). */
    public static final String DEFAULT_CONTENT_TYPE = "application/octet-stream";

    public Attachment {
        Objects.requireNonNull(filename, "filename");
        contentType = contentType == null || contentType.isBlank() ? DEFAULT_CONTENT_TYPE : contentType;
        data = data.clone();
    }

    @Override
    public byte[] data() {
        return data.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Attachment that
                && filename.equals(that.filename)
                && contentType.equals(that.contentType)
                && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return Objects.hash(filename, contentType, Arrays.hashCode(data));
    }

    /** Says how large it is, not what it is: a log must not hold the contents or the name of a person's file. */
    @Override
    public String toString() {
        return "Attachment[" + contentType + ", " + data.length + " bytes]";
    }
}
