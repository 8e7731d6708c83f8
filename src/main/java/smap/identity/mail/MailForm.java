package smap.identity.mail;

/** The files a mail is made of. */
enum MailForm {
    SUBJECT("subject.txt"),
    HTML("body.html"),
    TEXT("body.txt");

    private final String file;

    MailForm(String file) {
        this.file = file;
    }

    String file() {
        return file;
    }
}
