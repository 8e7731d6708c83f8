package smap.identity.mail;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import com.github.mustachejava.MustacheException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Variable;

/**
 * The mails we write: a folder a template, a folder a language, with subject, HTML and text. Every template is compiled when this is made,
 * so that a missing file stops the start. Values are escaped in HTML and put in as they are elsewhere; a subject is one line. Thread-safe.
 */
public final class MailTemplates {

    static final String VERIFICATION = "verification";
    private static final List<String> TEMPLATES = List.of(VERIFICATION);

    private final Languages languages = new Languages();
    private final ObjectMapper json = new ObjectMapper();
    private final Map<String, Mustache> compiled = new HashMap<>();

    /** @throws IllegalStateException naming the file that is missing or broken */
    public MailTemplates() {
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
        for (String template : TEMPLATES) {
            for (String language : Languages.OFFERED) {
                String folder = "mail/" + template + '/' + language + '/';
                compile(plain, folder + "subject.txt");
                compile(html, folder + "body.html");
                compile(plain, folder + "body.txt");
            }
        }
    }

    private void compile(DefaultMustacheFactory factory, String file) {
        try {
            compiled.put(file, factory.compile(file));
        } catch (MustacheException e) {
            throw new IllegalStateException("The mail template " + file + " is missing or broken", e);
        }
    }

    /**
     * The job (wire form, JSON) of the mail that brings a one-time code. How long that can be used is filled in when the mail is sent
     * ({@link MinutesLeft}).
     *
     * @param lang header {@code lang} of the request, or null
     * @param acceptLanguage its {@code Accept-Language} (RFC 9110, 12.5.4), or null
     */
    public String verification(
            @Variable("user") Map<String, Object> user,
            @Variable("otp") String otp,
            @Variable("lang") String lang,
            @Variable("Accept-Language") String acceptLanguage) {
        Map<String, Object> model = new HashMap<>();
        model.put("otp", otp);
        model.put("minutes_left", MinutesLeft.PLACEHOLDER);
        Object name = user.get("full_name");
        model.put("full_name", name == null || name.toString().isBlank() ? null : name);
        return job(VERIFICATION, languages.choose(lang, acceptLanguage), user.get("email").toString(), model);
    }

    private String job(String template, String language, String recipient, Map<String, Object> model) {
        String folder = "mail/" + template + '/' + language + '/';
        Map<String, Object> job = new LinkedHashMap<>();
        job.put("subject", render(folder + "subject.txt", model).strip().replaceAll("\\s+", " "));
        job.put("recipient", recipient);
        job.put("body", render(folder + "body.html", model));
        job.put("text", render(folder + "body.txt", model));
        try {
            return json.writeValueAsString(job);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String render(String file, Map<String, Object> model) {
        StringWriter out = new StringWriter();
        compiled.get(file).execute(out, model);
        return out.toString();
    }
}
