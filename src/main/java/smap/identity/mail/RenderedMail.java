package smap.identity.mail;

/**
 * What a template has become.
 *
 * @param subject one line
 * @param html escaped
 */
public record RenderedMail(String subject, String html, String text) {}
