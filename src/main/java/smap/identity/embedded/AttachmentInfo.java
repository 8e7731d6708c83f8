package smap.identity.embedded;

/**
 * What a mail carries beside its text; the content itself is not kept.
 *
 * @param filename decoded, empty when the mail gives none
 * @param contentType without parameters, in lower case
 * @param size in bytes, decoded
 */
public record AttachmentInfo(String filename, String contentType, long size) {}
