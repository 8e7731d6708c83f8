package smap.identity.support;

/** The places of an SMTP conversation where a {@link ScriptedSmtpServer} can misbehave. */
public enum SmtpStep {
    GREETING,
    EHLO,
    STARTTLS,
    AUTH,
    MAIL,
    RCPT,
    DATA,
    /** While the contents come in, before the final dot: only hanging, dropping and waiting make sense here. */
    CONTENT,
    /** The contents and the final dot have been read, the reply is due. */
    END_OF_DATA,
    RSET,
    NOOP,
    QUIT
}
