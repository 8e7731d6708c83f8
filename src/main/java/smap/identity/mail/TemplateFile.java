package smap.identity.mail;

/**
 * One file of a mail template.
 *
 * @param origin where it was read: a path, or {@code packaged}
 */
record TemplateFile(MailTemplate template, String language, MailForm form, String origin, String text) {

    static final String PACKAGED = "packaged";

    /** Its place, below the artifact or a directory of templates. */
    static String path(MailTemplate template, String language, MailForm form) {
        return template.label() + '/' + language + '/' + form.file();
    }

    boolean isPackaged() {
        return origin.equals(PACKAGED);
    }

    /** What a complaint calls it. */
    String shown() {
        return isPackaged() ? "mail/" + path(template, language, form) : origin;
    }
}
