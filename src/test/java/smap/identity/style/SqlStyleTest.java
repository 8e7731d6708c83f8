package smap.identity.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How the files of statements and migrations are written: CONTRIBUTING's rules, read from the files. */
class SqlStyleTest {

    private static final Path RESOURCES = Path.of("src/main/resources");
    private static final Path STATEMENTS = RESOURCES.resolve("sql");
    private static final Path MIGRATIONS = RESOURCES.resolve("db/migration");

    private static final Set<String> VERBS = Set.of("activate", "cancel", "change", "claim", "consume", "count", "deactivate", "delete",
            "discard", "end", "expire", "extend", "find", "forget", "import", "insert", "issue", "keep", "list", "lock", "mark",
            "purge", "queue", "reactivate", "record", "rehash", "release", "renew", "replace", "resume", "revoke", "rotate", "show",
            "start", "store", "take", "try", "update", "use");
    private static final Pattern FILE_NAME = Pattern.compile("([a-z]+)(-[a-z]+)*\\.sql");
    private static final Pattern MIGRATION_NAME = Pattern.compile("V([0-9]{3})__[a-z]+(_[a-z]+)*\\.sql");
    private static final Pattern PARAMETER = Pattern.compile(":#(\\$\\{variable\\.[^}]+}|[a-z][a-z_]*)");
    private static final Pattern COMMENT_OR_TEXT = Pattern.compile("--[^\n]*|'[^']*'");
    private static final Pattern KEYWORD = Pattern.compile("\\b(select|from|where|and|or|not|null|insert|into|values|update|set|delete"
            + "|returning|with|join|left|right|inner|cross|lateral|on|conflict|do|nothing|case|when|then|else|end|as|cast|order|group|by"
            + "|having|limit|offset|for|skip|locked|is|in|exists|distinct|union|all|using|between|like|asc|desc|nulls)\\b");
    private static final Pattern CLOCK = Pattern.compile(
            "\\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\\s*\\("
            + "|\\b(current_|local)(timestamp|time|date)\\b",
            Pattern.CASE_INSENSITIVE);

    static Stream<Path> statements() throws IOException {
        return sqlFiles(STATEMENTS);
    }

    static Stream<Path> migrations() throws IOException {
        return sqlFiles(MIGRATIONS);
    }

    @ParameterizedTest
    @MethodSource("statements")
    void a_statement_is_named_by_its_verb_below_the_singular_of_its_table(Path file) throws IOException {
        String name = file.getFileName().toString();
        assertThat(name).matches(FILE_NAME);
        assertThat(VERBS).as("the verbs a file name may begin with").contains(name.split("[-.]")[0]);

        String folder = STATEMENTS.relativize(file).getParent().toString();
        String table = folder.replace('-', '_');
        assertThat(table).doesNotEndWith("s");
        // the last is for a table whose name is a collection's: mail_archive
        assertThat(tables()).as("tables").containsAnyOf(table + "s", table + "es", table.replaceAll("y$", "ies"), table);
    }

    @ParameterizedTest
    @MethodSource("statements")
    void a_statement_is_used_by_a_route(Path file) throws IOException {
        String location = "sql:classpath:" + RESOURCES.relativize(file).toString().replace('\\', '/');

        assertThat(references()).as("statements that routes refer to").contains(location);
    }

    @Test
    void a_route_refers_to_statements_that_exist_and_writes_none_of_its_own() throws IOException {
        assertThat(references()).allSatisfy(location ->
                assertThat(RESOURCES.resolve(location.substring("sql:classpath:".length()))).isRegularFile());
        assertThat(routes()).allSatisfy(route -> assertThat(route).doesNotContainPattern("\\bsql:(?!classpath:sql/)"));
    }

    @ParameterizedTest
    @MethodSource("statements")
    void a_statement_is_headed_by_what_it_returns_or_changes(Path file) throws IOException {
        assertThat(Files.readAllLines(file).get(0)).startsWith("-- ").matches("-- [A-Z][a-z]+s\\b.*");
    }

    @ParameterizedTest
    @MethodSource("statements")
    void a_file_holds_one_statement_without_a_semicolon(Path file) throws IOException {
        assertThat(bare(file)).doesNotContain(";");
    }

    @ParameterizedTest
    @MethodSource("statements")
    void parameters_are_variables_by_name(Path file) throws IOException {
        String rest = PARAMETER.matcher(bare(file)).replaceAll("");

        assertThat(rest).as("what is left without its parameters").doesNotContain(":#", ":?", "#", "?", "${", "{{");
    }

    @ParameterizedTest
    @MethodSource("statements")
    void time_comes_as_a_parameter(Path file) throws IOException {
        assertThat(parameterless(file)).doesNotContainPattern(CLOCK);
    }

    @ParameterizedTest
    @MethodSource("statements")
    void columns_are_named(Path file) throws IOException {
        assertThat(parameterless(file)).doesNotContainPattern("(?i)(SELECT|RETURNING|,)\\s+([a-z_]+\\.)?\\*");
    }

    @ParameterizedTest
    @MethodSource({"statements", "migrations"})
    void keywords_are_upper_case(Path file) throws IOException {
        List<String> lower = KEYWORD.matcher(parameterless(file)).results().map(MatchResult::group).toList();

        assertThat(lower).as("keywords in lower case").isEmpty();
    }

    @Test
    void migrations_are_numbered_without_a_gap_and_named_by_a_noun() throws IOException {
        List<String> names = migrations().map(file -> file.getFileName().toString()).toList();

        assertThat(names).isNotEmpty().allSatisfy(name -> assertThat(name).matches(MIGRATION_NAME));
        for (int i = 0; i < names.size(); i++) {
            assertThat(names.get(i)).startsWith(String.format(Locale.ROOT, "V%03d__", i + 1));
        }
    }

    @ParameterizedTest
    @MethodSource("migrations")
    void a_migration_says_what_it_is_for_and_leaves_the_time_to_the_statements(Path file) throws IOException {
        assertThat(Files.readAllLines(file).get(0)).startsWith("-- ");
        assertThat(parameterless(file)).doesNotContainPattern(CLOCK);
    }

    private static Stream<Path> sqlFiles(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList().stream();
        }
    }

    /** A file without its comments and without what stands between quotes. */
    private static String bare(Path file) throws IOException {
        return COMMENT_OR_TEXT.matcher(Files.readString(file)).replaceAll("");
    }

    private static String parameterless(Path file) throws IOException {
        return PARAMETER.matcher(bare(file)).replaceAll("");
    }

    private static List<String> tables() throws IOException {
        List<String> tables = new ArrayList<>();
        for (Path file : migrations().toList()) {
            Pattern.compile("CREATE (?:UNLOGGED )?TABLE ([a-z_]+)").matcher(Files.readString(file)).results()
                    .forEach(found -> tables.add(found.group(1)));
        }
        return tables;
    }

    private static Set<String> references() throws IOException {
        Set<String> references = new TreeSet<>();
        for (String route : routes()) {
            Pattern.compile("sql:classpath:[a-z/-]+\\.sql").matcher(route).results().forEach(found -> references.add(found.group()));
        }
        return references;
    }

    private static List<String> routes() throws IOException {
        List<String> routes = new ArrayList<>();
        try (Stream<Path> files = Files.walk(RESOURCES.resolve("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                routes.add(Files.readString(file));
            }
        }
        return routes;
    }
}
