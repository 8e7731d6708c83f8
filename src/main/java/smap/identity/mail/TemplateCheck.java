package smap.identity.mail;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Compares what a template's file asks for with the template's model. A file may hold {@code {{name}}}, which is escaped in HTML, and
 * {@code {{#name}}…{{/name}}} and {@code {{^name}}…{{/name}}} for what is there or not; nothing else of Mustache. Stateless.
 */
final class TemplateCheck {

    private static final Pattern TAG = Pattern.compile("\\{\\{(.*?)\\}\\}", Pattern.DOTALL);
    private static final Pattern NAMED = Pattern.compile("([#^/]?)\\s*([A-Za-z0-9_.-]+)\\s*");

    /** What is wrong with a file, each beginning with its name; empty if it may be used. */
    List<String> faults(TemplateFile file) {
        List<String> faults = new ArrayList<>();
        if (file.text().isBlank()) {
            faults.add("is empty");
        }
        Set<MailVariable> told = EnumSet.noneOf(MailVariable.class);
        Deque<String> sections = new ArrayDeque<>();
        Matcher tags = TAG.matcher(file.text());
        while (tags.find()) {
            Matcher named = NAMED.matcher(tags.group(1));
            Optional<MailVariable> variable = named.matches() ? variable(named.group(2)) : Optional.empty();
            if (!named.matches()) {
                faults.add("expected {{name}}, {{#name}} or {{^name}}, and {{/name}}, got '" + tags.group() + '\'');
            } else if (variable.isEmpty() || !file.template().knows(variable.get())) {
                faults.add("there is no variable '" + named.group(2) + "' in this mail: expected " + names(file.template()));
            } else if (named.group(1).isEmpty()) {
                told.add(variable.get());
                if (!file.template().isCertain(variable.get()) && !sections.contains('#' + named.group(2))) {
                    faults.add("{{X}} may have no value: expected it inside {{#X}}…{{/X}}".replace("X", named.group(2)));
                }
            } else if (!named.group(1).equals("/")) {
                sections.push(named.group(1) + named.group(2));
            } else if (sections.isEmpty() || !sections.pop().substring(1).equals(named.group(2))) {
                faults.add(tags.group() + " ends what was not begun");
            }
        }
        sections.forEach(section -> faults.add("{{" + section + "}} is not ended"));
        if (TAG.matcher(file.text()).replaceAll("").contains("{{")) {
            faults.add("has a {{ that is not ended");
        }
        checkTold(file, told, faults);
        return faults.stream().distinct().map(fault -> file.shown() + ": " + fault).toList();
    }

    private static void checkTold(TemplateFile file, Set<MailVariable> told, List<String> faults) {
        if (file.form() == MailForm.SUBJECT) {
            if (told.contains(MailVariable.OTP)) {
                faults.add("a subject shows no {{otp}}: mail servers log it, and locked screens show it");
            }
            return;
        }
        file.template().needed().stream().filter(needed -> !told.contains(needed)).sorted()
                .forEach(needed -> faults.add("expected {{" + needed.label() + "}}, which this mail is to tell"));
    }

    private static Optional<MailVariable> variable(String label) {
        return Arrays.stream(MailVariable.values()).filter(variable -> variable.label().equals(label)).findFirst();
    }

    private static String names(MailTemplate template) {
        return Arrays.stream(MailVariable.values()).filter(template::knows).map(MailVariable::label).collect(Collectors.joining(", "));
    }
}
