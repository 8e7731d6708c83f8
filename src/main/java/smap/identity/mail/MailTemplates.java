package smap.identity.mail;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import com.github.mustachejava.MustacheException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

/**
 * The mails we write: a folder a template, a folder a language, with subject, HTML and text. Every file is compiled and compared with its
 * template's model when this is made, so that one that is missing or asks for what there is not stops the start. Values are escaped in
 * HTML and put in as they are elsewhere; a subject is one line. Thread-safe.
 */
public final class MailTemplates {

    /** In every language but these, with its own names of months; the zone is told, because nobody knows the reader's. */
    private static final String MOMENT = "d MMMM uuuu, HH:mm 'UTC'";
    private static final Map<String, String> MOMENTS = Map.of("vi", "d 'tháng' M 'năm' uuuu, HH:mm 'UTC'");
    private static final Pattern GAP = Pattern.compile("[\\s\\p{Cntrl}\\u2028\\u2029]+", Pattern.UNICODE_CHARACTER_CLASS);
    /** What a mail program makes a link of. Whoever registers a stranger's address chooses the name that stranger is greeted by. */
    private static final Pattern LINK = Pattern.compile("://|@|[\\p{L}\\p{N}-]{2,}\\.\\p{L}{2,}");
    private static final int LONGEST_NAME = 100;

    private final Languages languages;
    private final SenderDetails sender;
    private final Clock clock;
    private final ObjectMapper json = new ObjectMapper();
    private final List<TemplateFile> files;
    private final Map<String, Mustache> compiled = new HashMap<>();

    /** The packaged mails, without links. */
    public MailTemplates() {
        this(null, new SenderDetails("SMAP", null, null), Clock.systemUTC());
    }

    /**
     * @param directory whose files go before the packaged ones; null for none
     * @throws SettingsException naming each file that is missing or broken
     */
    MailTemplates(Path directory, SenderDetails sender, Clock clock) {
        this.sender = sender;
        this.clock = clock;
        TemplateFiles found = new TemplateFiles(directory);
        this.files = found.read();
        List<String> faults = new ArrayList<>(found.faults());
        faults.addAll(compile());
        if (!faults.isEmpty()) {
            throw new SettingsException(faults);
        }
        this.languages = new Languages(files.stream().map(TemplateFile::language).distinct().toList());
    }

    /** @throws SettingsException naming each file that is missing or broken */
    public static MailTemplates of(Settings settings, Clock clock) {
        String directory = settings.get("mail.templates");
        return new MailTemplates(directory.isEmpty() ? null : Path.of(directory), SenderDetails.of(settings), clock);
    }

    /** What is wrong with files that are there. */
    private List<String> compile() {
        DefaultMustacheFactory html = new DefaultMustacheFactory();
        DefaultMustacheFactory plain = new DefaultMustacheFactory() {
            @Override
            public void encode(String value, Writer writer) {
                try {
                    writer.write(value);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        TemplateCheck check = new TemplateCheck();
        List<String> faults = new ArrayList<>();
        for (TemplateFile file : files) {
            List<String> found = check.faults(file);
            faults.addAll(found);
            if (found.isEmpty()) {
                try {
                    compiled.put(TemplateFile.path(file.template(), file.language(), file.form()),
                            (file.form() == MailForm.HTML ? html : plain).compile(new StringReader(file.text()), file.shown()));
                } catch (MustacheException e) {
                    faults.add(file.shown() + ": " + e.getMessage());
                }
            }
        }
        return faults;
    }

    /**
     * The job (wire form, JSON) of the mail that the variable {@code template} names, for {@code recipient} or else the address of
     * {@code user} (a row with {@code email}, {@code full_name} and, where it is known, {@code language}), in the language that
     * {@code lang} or else {@code Accept-Language} asks for, or else the user's. What else the template's model has is taken from the
     * variables of these names. How long a code can be used is filled in when the mail is sent ({@link MinutesLeft}).
     *
     * @throws IllegalStateException naming the template, and the variable it needs and does not find
     */
    public String job(Exchange exchange) {
        String name = text(exchange, "template");
        MailTemplate template = MailTemplate.named(name)
                .orElseThrow(() -> new IllegalStateException("There is no mail template '" + name + '\''));
        Map<?, ?> user = exchange.getVariable("user", Map.class);
        String recipient = text(exchange, "recipient");
        if (recipient == null && user != null && user.get("email") != null) {
            recipient = user.get("email").toString();
        }
        Object own = user == null ? null : user.get("language");
        String language = languages.choose(text(exchange, "lang"), text(exchange, "Accept-Language"), own == null ? null : own.toString());
        Map<MailVariable, String> model = new EnumMap<>(MailVariable.class);
        model.put(MailVariable.EMAIL, recipient);
        model.put(MailVariable.FULL_NAME, user == null ? null : greeted(user.get("full_name")));
        model.put(MailVariable.AT, moment(clock.instant().atOffset(ZoneOffset.UTC), language));
        if (template.knows(MailVariable.ENDS_AT)) {
            model.put(MailVariable.ENDS_AT, moment(exchange.getVariable(MailVariable.ENDS_AT.label()), language));
        }
        for (MailVariable variable : List.of(
                MailVariable.OTP, MailVariable.NEW_ADDRESS, MailVariable.REMOTE_ADDRESS, MailVariable.PLAN_NAME)) {
            model.put(variable, text(exchange, variable.label()));
        }
        return job(recipient, render(template, language, model));
    }

    /** The language that {@code lang} or else {@code Accept-Language} asks for, if we speak it; null if none of ours is asked for. */
    public String language(Exchange exchange) {
        return languages.find(text(exchange, "lang"), text(exchange, "Accept-Language"));
    }

    private String job(String recipient, RenderedMail mail) {
        Map<String, Object> job = new LinkedHashMap<>();
        job.put("subject", mail.subject());
        job.put("recipient", recipient);
        job.put("body", mail.html());
        job.put("text", mail.text());
        if (sender.supportEmail() != null) {
            job.put("reply_to", sender.supportEmail());
        }
        try {
            return json.writeValueAsString(job);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A mail with values made up, as somebody would get it.
     *
     * @throws IllegalArgumentException telling the templates or languages there are, if this is none
     */
    public RenderedMail example(String name, String language) {
        MailTemplate template = MailTemplate.named(name)
                .orElseThrow(() -> new IllegalArgumentException("There is no mail template '" + name + "': expected one of "
                        + Arrays.stream(MailTemplate.values()).map(MailTemplate::label).collect(Collectors.joining(", "))));
        if (!languages.offered().contains(language)) {
            throw new IllegalArgumentException("There is no language '" + language + "': expected one of "
                    + String.join(", ", languages.offered()));
        }
        OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
        RenderedMail mail = render(template, language, new EnumMap<>(Map.of(
                MailVariable.EMAIL, "user@example.com",
                MailVariable.FULL_NAME, "Nguyễn Văn An",
                MailVariable.OTP, "123456",
                MailVariable.NEW_ADDRESS, "new@example.com",
                MailVariable.AT, moment(now, language),
                MailVariable.REMOTE_ADDRESS, "203.0.113.7",
                MailVariable.ENDS_AT, moment(now.plus(Duration.ofDays(3)), language),
                MailVariable.PLAN_NAME, "Free")));
        return new RenderedMail(MinutesLeft.filled(mail.subject(), "5"), MinutesLeft.filled(mail.html(), "5"),
                MinutesLeft.filled(mail.text(), "5"));
    }

    /** A line for each template and language: where its files come from. */
    public List<String> origins() {
        Map<String, List<TemplateFile>> mails = new LinkedHashMap<>();
        files.forEach(file -> mails.computeIfAbsent(
                String.format("%-21s%-5s", file.template().label(), file.language()), mail -> new ArrayList<>()).add(file));
        return mails.entrySet().stream().map(mail -> mail.getKey() + origin(mail.getValue())).toList();
    }

    private static String origin(List<TemplateFile> mail) {
        List<String> parts = new ArrayList<>();
        if (mail.stream().anyMatch(TemplateFile::isPackaged)) {
            parts.add(TemplateFile.PACKAGED);
        }
        mail.stream().filter(file -> !file.isPackaged()).map(TemplateFile::origin).forEach(parts::add);
        return String.join(", ", parts);
    }

    private RenderedMail render(MailTemplate template, String language, Map<MailVariable, String> values) {
        values.put(MailVariable.SENDER_NAME, sender.name());
        values.put(MailVariable.APP_URL, sender.appUrl());
        values.put(MailVariable.SUPPORT_EMAIL, sender.supportEmail());
        values.put(MailVariable.MINUTES_LEFT, MinutesLeft.PLACEHOLDER);
        Map<String, Object> model = new HashMap<>();
        for (MailVariable variable : MailVariable.values()) {
            if (template.knows(variable)) {
                String value = values.get(variable);
                if (value == null && template.isCertain(variable)) {
                    throw new IllegalStateException("The mail " + template.label() + " needs " + variable.label() + ", and there is none");
                }
                model.put(variable.label(), value);
            }
        }
        String subject = GAP.matcher(render(template, language, MailForm.SUBJECT, model)).replaceAll(" ").strip();
        return new RenderedMail(
                subject, render(template, language, MailForm.HTML, model), render(template, language, MailForm.TEXT, model));
    }

    private String render(MailTemplate template, String language, MailForm form, Map<String, Object> model) {
        StringWriter out = new StringWriter();
        compiled.get(TemplateFile.path(template, language, form)).execute(out, model);
        return out.toString();
    }

    /** Null for nothing and for blanks. */
    private static String text(Exchange exchange, String variable) {
        Object value = exchange.getVariable(variable);
        return value == null || value.toString().isBlank() ? null : value.toString();
    }

    /** A name as a greeting may have it, on one line; null for none, and for what would put a stranger's words or links into our mail. */
    private static String greeted(Object name) {
        String line = name == null ? "" : GAP.matcher(name.toString()).replaceAll(" ").strip();
        return line.isEmpty() || line.length() > LONGEST_NAME || LINK.matcher(line).find() ? null : line;
    }

    private static String moment(Object time, String language) {
        if (time == null) {
            return null;
        }
        OffsetDateTime moment = time instanceof TemporalAccessor at ? Instant.from(at).atOffset(ZoneOffset.UTC)
                : time instanceof java.util.Date date ? date.toInstant().atOffset(ZoneOffset.UTC)
                : OffsetDateTime.parse(time.toString()).withOffsetSameInstant(ZoneOffset.UTC);
        return DateTimeFormatter.ofPattern(MOMENTS.getOrDefault(language, MOMENT), Locale.forLanguageTag(language)).format(moment);
    }
}
