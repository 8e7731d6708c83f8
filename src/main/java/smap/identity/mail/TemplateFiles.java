package smap.identity.mail;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The files of all templates in all languages: the packaged ones, each replaced by the file of the same place in the operator's directory
 * if there is one there. A language that only the directory has is offered if it has all the templates. For one thread.
 */
final class TemplateFiles {

    /** The first is the one for everybody else. */
    private static final List<String> PACKAGED = List.of("en", "vi");

    /** A language tag as a folder is named (RFC 5646, in lower case). */
    private static final Pattern LANGUAGE = Pattern.compile("[a-z]{2,3}(-[a-z0-9]{2,8})*");

    private final Path directory;
    private final List<String> languages = new ArrayList<>(PACKAGED);
    private final List<String> faults = new ArrayList<>();

    /** @param directory of the operator's templates, or null */
    TemplateFiles(Path directory) {
        this.directory = directory;
    }

    /** Those that could be read; {@link #faults()} tells what is wrong with the others. */
    List<TemplateFile> read() {
        if (directory != null) {
            languages.addAll(furtherLanguages());
        }
        List<TemplateFile> files = new ArrayList<>();
        for (MailTemplate template : MailTemplate.values()) {
            for (String language : languages) {
                for (MailForm form : MailForm.values()) {
                    read(template, language, form).ifPresent(files::add);
                }
            }
        }
        return files;
    }

    /** Each file that is missing, cannot be read, or would be left unread, with its name. */
    List<String> faults() {
        return List.copyOf(faults);
    }

    private TreeSet<String> furtherLanguages() {
        TreeSet<String> found = new TreeSet<>();
        for (Path folder : list(directory)) {
            // what is no folder, such as a note, is nobody's template
            if (Files.isDirectory(folder) && MailTemplate.named(name(folder)).isEmpty()) {
                fault(folder, "expected the name of a template: " + Arrays.stream(MailTemplate.values()).map(MailTemplate::label)
                        .collect(Collectors.joining(", ")));
            } else if (Files.isDirectory(folder)) {
                list(folder).forEach(language -> addLanguage(language, found));
            }
        }
        found.removeAll(PACKAGED);
        return found;
    }

    /** A file that is misplaced or misnamed would be left unread, and nobody would know why the old text is still sent. */
    private void addLanguage(Path folder, TreeSet<String> found) {
        if (!Files.isDirectory(folder) || !LANGUAGE.matcher(name(folder)).matches()) {
            fault(folder, "expected a folder named as a language in lower case, such as fr");
            return;
        }
        found.add(name(folder));
        List<String> names = Arrays.stream(MailForm.values()).map(MailForm::file).toList();
        list(folder).stream().filter(file -> !names.contains(name(file)))
                .forEach(file -> fault(file, "expected one of " + String.join(", ", names)));
    }

    private List<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            // what editors and Kubernetes put beside
            return entries.filter(entry -> !name(entry).startsWith(".") && !name(entry).endsWith("~")).sorted().toList();
        } catch (IOException e) {
            fault(folder, "cannot be listed (" + e + ')');
            return List.of();
        }
    }

    private Optional<TemplateFile> read(MailTemplate template, String language, MailForm form) {
        String place = TemplateFile.path(template, language, form);
        Path own = directory == null ? null : directory.resolve(place);
        try {
            if (own != null && Files.exists(own)) {
                return Optional.of(new TemplateFile(template, language, form, own.toString(), text(Files.readAllBytes(own))));
            }
            if (!PACKAGED.contains(language)) {
                fault(own, "is missing; a language is offered when it has every template, whole");
                return Optional.empty();
            }
            try (InputStream in = TemplateFiles.class.getResourceAsStream("/mail/" + place)) {
                if (in == null) {
                    faults.add("mail/" + place + ": is missing");
                    return Optional.empty();
                }
                return Optional.of(new TemplateFile(template, language, form, TemplateFile.PACKAGED, text(in.readAllBytes())));
            }
        } catch (CharacterCodingException e) {
            faults.add((own == null ? place : own) + ": expected UTF-8");
        } catch (IOException e) {
            faults.add((own == null ? place : own) + ": cannot be read (" + e + ')');
        }
        return Optional.empty();
    }

    private static String text(byte[] bytes) throws CharacterCodingException {
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        // some editors' byte order mark
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private void fault(Path file, String what) {
        faults.add(file + ": " + what);
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }
}
