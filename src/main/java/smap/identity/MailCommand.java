package smap.identity;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import smap.identity.mail.MailTemplates;
import smap.identity.mail.RenderedMail;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

/**
 * {@code mail …}: shows our mails as they would be sent, and where their templates come from, with nothing else running. Of the settings
 * only those are read that a mail depends on, so that it works wherever the templates are. For one thread.
 */
final class MailCommand {

    static final String NAME = "mail";

    private static final String USAGE = """
            usage: mail list
                   mail preview TEMPLATE [--lang en] [--form subject|html|text]
            Settings: MAIL_TEMPLATES, APP_URL, SUPPORT_EMAIL, SMTP_FROM, SMTP_FROM_NAME. Exit: 0 done, 64 wrong usage, 78 misconfigured.
            """;

    private static final int DONE = 0;
    /** sysexits.h: EX_USAGE, EX_CONFIG. */
    private static final int WRONG_USAGE = 64;
    private static final int MISCONFIGURED = 78;

    private static final Set<String> SETTINGS = Set.of("MAIL_TEMPLATES", "APP_URL", "SUPPORT_EMAIL", "SMTP_FROM", "SMTP_FROM_NAME");
    private static final String LANG = "--lang";
    private static final String FORM = "--form";

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;

    MailCommand(Map<String, String> environment, PrintStream out, PrintStream err) {
        this.environment = new HashMap<>(environment);
        this.environment.keySet().retainAll(SETTINGS);
        this.out = out;
        this.err = err;
    }

    /** Runs the command and returns the exit code. What it prints is UTF-8, whatever the terminal is set to: half of the mails need it. */
    static int run(String... args) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        return new MailCommand(System.getenv(), out, err).run(List.of(args).subList(1, args.length));
    }

    /** @param words those behind {@code mail} */
    int run(List<String> words) {
        try {
            MailTemplates templates =
                    MailTemplates.of(Settings.read(Role.API, environment, new Properties()), Clock.systemUTC());
            if (words.equals(List.of("list"))) {
                templates.origins().forEach(out::println);
                return DONE;
            }
            if (words.size() >= 2 && words.get(0).equals("preview")) {
                return preview(templates, words.get(1), options(words.subList(2, words.size())));
            }
            err.print(USAGE);
        } catch (SettingsException e) {
            e.faults().forEach(fault -> err.println("refused: " + fault));
            return MISCONFIGURED;
        } catch (IllegalArgumentException e) {
            err.println("refused: " + e.getMessage());
            err.print(USAGE);
        }
        return WRONG_USAGE;
    }

    /** Both {@code --lang vi} and {@code --lang=vi}. */
    private static Map<String, String> options(List<String> words) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String[] option = words.get(i).split("=", 2);
            boolean known = option[0].equals(LANG) || option[0].equals(FORM);
            if (!known || option.length == 1 && i + 1 == words.size()) {
                throw new IllegalArgumentException("'" + words.get(i) + "' is no option with a value");
            }
            options.put(option[0], option.length == 2 ? option[1] : words.get(++i));
        }
        return options;
    }

    private int preview(MailTemplates templates, String template, Map<String, String> options) {
        RenderedMail mail = templates.example(template, options.getOrDefault(LANG, "en"));
        switch (options.getOrDefault(FORM, "")) {
            case "" -> out.print("Subject: " + mail.subject() + "\n\n" + mail.text() + "\n" + mail.html());
            case "subject" -> out.println(mail.subject());
            case "html" -> out.print(mail.html());
            case "text" -> out.print(mail.text());
            default -> throw new IllegalArgumentException("There is no form '" + options.get(FORM) + "': expected subject, html or text");
        }
        return DONE;
    }
}
