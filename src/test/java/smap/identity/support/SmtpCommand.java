package smap.identity.support;

/**
 * A command line the {@link ScriptedSmtpServer} heard.
 *
 * @param connection number of the connection, from 1
 * @param line the line without its end; the lines of a login dialogue are among them
 */
public record SmtpCommand(int connection, String line) {

    /** The first word. */
    public String verb() {
        int end = line.indexOf(' ');
        return end < 0 ? line : line.substring(0, end);
    }
}
