package smap.identity;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a command line asks of {@code import-users}.
 *
 * @param file the export
 * @param dryRun whether nothing is to be changed
 * @param reportOrNull where refused rows are written
 */
record ImportRequest(Path file, boolean dryRun, Path reportOrNull) {

    static final String USAGE = """
            usage: import-users FILE [--dry-run] [--report FILE]
            FILE is the old system's users in UTF-8: CSV with a header, or JSON lines if its name ends with .jsonl.
            Columns: id, email (or username), password_hash (or password), full_name (or name), role, is_active,
                     created_at, updated_at, deleted_at; the first three are needed, others are ignored.
            Settings: POSTGRES_HOST and its kin, as for the API. The report names refused rows by line, column and reason.
            Exit: 0 all are in, 64 wrong usage, 65 rows were refused or the file is broken, 66 the file cannot be read,
                  73 the report cannot be written, 75 try again, 78 misconfigured.
            """;

    /** Reads the words behind {@code import-users}; nothing if they are not understood. */
    static Optional<ImportRequest> read(List<String> words) {
        Path file = null;
        Path report = null;
        boolean dryRun = false;
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("--dry-run") && !dryRun) {
                dryRun = true;
            } else if (word.equals("--report") && report == null && i + 1 < words.size()) {
                report = Path.of(words.get(++i));
            } else if (word.startsWith("--report=") && report == null) {
                report = Path.of(word.substring("--report=".length()));
            } else if (!word.startsWith("-") && file == null) {
                file = Path.of(word);
            } else {
                return Optional.empty();
            }
        }
        return file == null ? Optional.empty() : Optional.of(new ImportRequest(file, dryRun, report));
    }
}
