package smap.identity.style;

import static org.assertj.core.api.Assertions.assertThat;
import static smap.identity.style.RouteTree.RESOURCES;
import static smap.identity.style.RouteTree.elements;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.NonValidationKeyword;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import smap.identity.Role;
import smap.identity.style.RouteTree.Field;
import smap.identity.style.RouteTree.File;
import smap.identity.style.RouteTree.Part;

/** Keeps the rules for route files that ARCHITECTURE.md and CONTRIBUTING.md give. A failure lists where a rule is broken. */
class RouteStyleTest {

    private static final Path TESTS = Path.of("src/test/java/smap/identity/routes");
    private static final int MOST_LINES = 120;
    private static final int MOST_CHOICES = 2;

    /** As the schema of the YAML DSL uses it. */
    private static final Dialect DRAFT_4 = Dialect.builder(Dialects.getDraft4()).keyword(new NonValidationKeyword("deprecated")).build();

    private static final Set<String> ROOTS = Set.of("route", "routeConfiguration", "rest", "restConfiguration", "beans");
    private static final List<String> HEAD = List.of("id", "description", "routeConfigurationId", "from");
    private static final Set<String> ENDPOINTS = Set.of("from", "to", "toD", "wireTap", "enrich", "pollEnrich", "poll");

    /** What these cannot say is said in Java or SQL. */
    private static final Set<String> LANGUAGES = Set.of("constant", "simple", "method", "header", "variable");
    private static final Set<String> OTHER_LANGUAGES = Set.of(
            "csimple", "datasonnet", "exchangeProperty", "groovy", "java", "joor", "jq", "js", "jsonpath", "language", "mvel", "ognl",
            "python", "spel", "tokenize", "wasm", "xpath", "xquery", "xtokenize", "script", "scriptLanguage");
    /** Where the schema takes a language without {@code expression} around it. */
    private static final Set<String> EXPRESSIONS = Set.of("expression", "handled", "continued", "retryWhile");

    private static final String SETTING = "\\{\\{[a-z.]+}}";
    private static final Pattern LITERAL = Pattern.compile("//|\\?|:[0-9]+|[0-9]+\\.[0-9]+|localhost");
    /** Parameters of endpoints that are settings, or names that others have to know. */
    private static final Set<String> SETTINGS =
            Set.of("queues", "routingKey", "host", "port", "username", "password", "period", "concurrentConsumers", "confirmTimeout");
    private static final Pattern STATEMENT = Pattern.compile(
            "\\b(select\\s.+\\sfrom|insert\\s+into|update\\s.+\\sset|delete\\s+from)\\s", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private static final Set<String> BOUND_BY_APPLICATION = Set.of("settings", "embeddedMailServer", "importReport");
    /** Routes that only a command on the machine starts. */
    private static final Set<String> CALLED_BY_COMMANDS = Set.of("users-import");
    /** Beans that no route and no other bean names, and who finds them. */
    private static final Map<String, String> FOUND_OTHERWISE = Map.of(
            "requestValidator", "the REST file, by type",
            "httpServers", "camel-main, by type",
            "vertxOptions", "platform-http, by type",
            "spring-rabbitmq", "endpoints, by their scheme",
            "sql", "endpoints, by their scheme",
            "schemaMigration", "nobody: it works when it is made",
            "deliveryOutageManaged", "nobody: it shows another bean",
            "brokerDependency", "HealthAnswer, by type");

    private final RouteTree tree = new RouteTree();

    // ---- files

    @Test
    void a_file_begins_with_a_comment_that_says_what_it_is_for() {
        none(tree.files(), file -> file.text().matches("(?s)# \\S.{20,}") ? Stream.of() : Stream.of("no comment"));
    }

    @Test
    void a_file_is_valid_for_the_yaml_dsl_of_this_camel() throws IOException {
        try (InputStream in = RouteStyleTest.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            Schema schema = SchemaRegistry.withDialect(DRAFT_4).getSchema(new ObjectMapper().readTree(in));
            none(tree.files(), file -> schema.validate(file.all().node()).stream().map(Error::toString));
        }
    }

    @Test
    void base_names_are_unique_in_the_tree() {
        assertThat(tree.files()).extracting(File::stem).doesNotHaveDuplicates();
    }

    @Test
    void a_flow_has_a_file_of_its_own_of_120_lines_at_most() {
        none(tree.files().stream().filter(File::isFlow).toList(), file -> Stream.of(
                        file.routes().size() == 1 ? "" : file.routes().size() + " routes",
                        file.text().lines().count() <= MOST_LINES ? "" : "over " + MOST_LINES + " lines")
                .filter(finding -> !finding.isEmpty()));
    }

    @Test
    void beans_stand_in_files_of_beans() {
        none(tree.files(), file -> file.roots("beans").findAny().isPresent() == file.isBeans() ? Stream.of() : Stream.of("beans"));
    }

    @Test
    void a_file_of_one_route_has_a_test_of_its_name() {
        none(oneRouteFiles(), file -> Stream.of(camelCase(file.stem()) + "RouteTest.java")
                .filter(test -> !Files.exists(TESTS.resolve(test)))
                .map(test -> "no " + test));
    }

    // ---- the form of the YAML

    @Test
    void every_root_is_one_of_the_kinds_we_use() {
        none(tree.files(), file -> elements(file.all().node())
                .map(root -> new Part("", root).keys())
                .filter(keys -> keys.size() != 1 || !ROOTS.containsAll(keys))
                .map(keys -> "root " + keys));
    }

    @Test
    void every_step_is_an_object_and_every_endpoint_has_a_uri() {
        none(tree.files(), file -> file.all().fields("steps")
                .flatMap(steps -> elements(steps.value()))
                .filter(step -> step.size() != 1 || !step.elements().next().isObject())
                .map(step -> "step " + step));
        none(tree.files(), file -> file.all().fields()
                .filter(field -> ENDPOINTS.contains(field.name()) && !field.value().path("uri").isTextual())
                .map(field -> field.name() + " without uri"));
    }

    @Test
    void every_expression_is_spelled_out() {
        none(tree.files(), file -> file.all().fields()
                .filter(field -> LANGUAGES.contains(field.name()) && !Set.of("parameters", "bean", "method").contains(field.owner()))
                .filter(field -> !EXPRESSIONS.contains(field.owner()) || !field.value().isObject())
                .map(field -> field.name() + " under " + field.owner() + ": " + field.value()));
    }

    @Test
    void a_route_begins_with_id_description_configuration_and_input() {
        none(tree.routes(), route -> Stream.of(route.keys().stream().filter(HEAD::contains).toList())
                .filter(head -> !head.equals(HEAD) || route.text("description").isBlank())
                .map(head -> "begins with " + head));
    }

    @Test
    void a_route_chooses_on_two_levels_at_most() {
        none(tree.routes(), route -> route.fields("choice")
                .filter(choice -> choice.choices() >= MOST_CHOICES)
                .map(choice -> "choice within " + choice.choices()));
    }

    @Test
    void a_step_id_begins_with_the_id_of_its_route() {
        none(tree.routes(), route -> new Part("", route.node().path("from")).fields("id")
                .map(Field::text)
                .filter(id -> !id.startsWith(route.text("id") + '.')));
    }

    // ---- names

    @Test
    void file_route_and_input_have_one_name() {
        none(oneRouteFiles(), file -> file.routes().stream()
                .filter(route -> !route.text("id").equals(file.stem()))
                .map(route -> "holds " + route.text("id")));
        none(tree.routes(), route -> Stream.of(route.input()).filter(input -> route.isDirect() && !input.equals(route.text("id"))));
        assertThat(tree.routes()).extracting(route -> route.text("id")).doesNotHaveDuplicates();
    }

    @Test
    void each_operation_of_the_contract_has_a_route() {
        assertThat(tree.operations()).isNotEmpty();
        assertThat(tree.routes()).filteredOn(Part::isDirect).extracting(Part::input).containsAll(tree.operations());
    }

    @Test
    void an_operation_that_creates_takes_an_idempotency_key_and_keeps_its_answer() {
        Set<String> creating = tree.operations(operation -> operation.at("/responses/201").isObject()
                || operation.at("/responses/202").isObject());
        Set<String> keyed = tree.operations(operation ->
                operation.path("parameters").findValuesAsText("$ref").contains("#/components/parameters/IdempotencyKey"));

        assertThat(keyed).isNotEmpty().containsExactlyInAnyOrderElementsOf(creating);
        assertThat(tree.routes()).filteredOn(route -> route.called("to").anyMatch("idempotency-begin"::equals))
                .extracting(route -> route.text("id")).as("call idempotency-begin").containsExactlyInAnyOrderElementsOf(keyed);
        assertThat(tree.routes()).filteredOn(RouteStyleTest::keepsItsAnswer)
                .extracting(route -> route.text("id")).as("have a statement that says kept(…)").containsExactlyInAnyOrderElementsOf(keyed);
    }

    // ---- failures

    @Test
    void a_configuration_has_a_name_and_its_last_word_is_for_every_exception() {
        none(tree.configurations(), configuration -> {
            var handled = configuration.node().path("onException");
            boolean leavesThem = configuration.node().at("/errorHandler/noErrorHandler").isObject();
            String last = handled.path(handled.size() - 1).at("/onException/exception").toString();
            return Stream.of(
                            configuration.text("id").isEmpty() ? "no id" : "",
                            leavesThem || last.equals("[\"java.lang.Exception\"]") ? "" : "ends with " + last)
                    .filter(finding -> !finding.isEmpty());
        });
        assertThat(tree.configurations()).extracting(configuration -> configuration.text("id")).doesNotHaveDuplicates();
    }

    @Test
    void a_route_names_a_configuration_that_exists() {
        Set<String> ids = ids(tree.configurations());
        none(tree.routes(), route -> Stream.of(route.text("routeConfigurationId")).filter(id -> !ids.contains(id)));
    }

    @Test
    void a_sub_flow_leaves_its_failures_to_its_caller() {
        Set<String> called = tree.routes().stream().flatMap(route -> route.called("to")).collect(Collectors.toSet());
        called.removeAll(tree.operations());
        assertThat(called).isNotEmpty();
        none(tree.routes(), route -> Stream.of(route.text("routeConfigurationId"))
                .filter(id -> called.contains(route.text("id")) && !id.equals("sub-flow")));
    }

    @Test
    void what_an_exception_says_goes_into_the_log_and_nowhere_else() {
        none(tree.files(), file -> file.all().fields()
                .filter(field -> field.text().matches("(?s).*\\$\\{[^}]*exception.*") && !field.owner().equals("log"))
                .map(Field::text));
    }

    // ---- what refers to what

    @Test
    void a_direct_input_has_one_consumer_and_a_caller() {
        Set<String> called = tree.files().stream().flatMap(file -> file.all().called()).collect(Collectors.toCollection(HashSet::new));
        called.addAll(tree.operations());
        called.addAll(CALLED_BY_COMMANDS);
        assertThat(tree.routes().stream().filter(Part::isDirect).map(Part::input)).containsExactlyInAnyOrderElementsOf(called);
    }

    @Test
    void a_role_loads_each_route_and_bean_that_its_routes_call() {
        for (Role role : Role.values()) {
            Set<String> folders = folders(role);
            List<File> loaded = tree.files().stream().filter(file -> folders.contains(file.folder())).toList();
            List<Part> routes = loaded.stream().flatMap(file -> file.routes().stream()).toList();
            Set<String> beans = loaded.stream().flatMap(File::beansMade).collect(Collectors.toCollection(HashSet::new));
            beans.addAll(BOUND_BY_APPLICATION);
            Set<String> used = routes.stream().map(route -> route.text("routeConfigurationId")).collect(Collectors.toSet());

            List<Part> parts = new ArrayList<>(routes);
            tree.configurations().stream().filter(configuration -> used.contains(configuration.text("id"))).forEach(parts::add);
            loaded.stream().filter(File::isBeans).map(File::all).forEach(parts::add);
            none(parts, part -> Stream.concat(
                    part.called().filter(name -> !ids(routes).contains(name)),
                    part.beans().filter(name -> !beans.contains(name))).map(name -> role.label() + " has no " + name));
        }
    }

    @Test
    void each_bean_is_made_once_and_used() {
        Set<String> used = tree.files().stream().flatMap(file -> file.all().beans()).collect(Collectors.toCollection(TreeSet::new));
        used.removeAll(BOUND_BY_APPLICATION);
        assertThat(used).doesNotContainAnyElementsOf(FOUND_OTHERWISE.keySet());
        used.addAll(FOUND_OTHERWISE.keySet());
        assertThat(tree.files().stream().flatMap(File::beansMade)).containsExactlyInAnyOrderElementsOf(used);
    }

    // ---- what has no place in a route

    @Test
    void what_a_request_brings_goes_no_further_where_the_contract_does_not_check_it() {
        List<Part> served =
                tree.routes().stream().filter(route -> route.node().at("/from/uri").asText().startsWith("platform-http:")).toList();
        none(served, route -> route.fields("removeHeaders").anyMatch(step -> step.value().path("pattern").asText().equals("*"))
                ? Stream.of() : Stream.of("answers with the headers and parameters of the request"));
    }

    @Test
    void sql_stands_in_files() {
        assertThat(tree.uris().filter(uri -> uri.startsWith("sql:"))).isNotEmpty().allSatisfy(uri -> {
            assertThat(uri).matches("sql:classpath:sql/[a-z-]+/[a-z-]+\\.sql");
            assertThat(RESOURCES.resolve(uri.substring("sql:classpath:".length()))).exists();
        });
        none(tree.files(), file -> file.all().fields().map(Field::text).filter(text -> STATEMENT.matcher(text).find()));
    }

    @Test
    void there_is_no_program_text() {
        none(tree.files(), file -> file.all().fields()
                .filter(field -> OTHER_LANGUAGES.contains(field.name()))
                .map(field -> field.name() + " under " + field.owner()));
        none(tree.files(), file -> file.all().fields().map(Field::text)
                .filter(text -> text.matches("(?s).*(\\$\\{(groovy|js|joor|mvel|python)[:(]|language:).*")));
    }

    @Test
    void names_and_addresses_outside_this_process_are_settings() {
        assertThat(tree.uris().filter(uri -> uri.startsWith("spring-rabbitmq:")))
                .isNotEmpty()
                .allSatisfy(uri -> assertThat(uri).matches("spring-rabbitmq:(default|" + SETTING + ")"));
        assertThat(tree.uris().filter(uri -> uri.startsWith("smtp")))
                .isNotEmpty()
                .allSatisfy(uri -> assertThat(uri).matches("smtp:" + SETTING + ':' + SETTING));
        assertThat(tree.uris()).allSatisfy(uri -> assertThat(uri).doesNotContainPattern(LITERAL));
        none(tree.files(), file -> file.all().fields()
                .filter(field -> field.owner().equals("parameters") && SETTINGS.contains(field.name()))
                .filter(field -> !field.text().isEmpty() && !field.text().matches(SETTING))
                .map(field -> field.name() + ": " + field.text()));
    }

    // ----

    /** Checks that nothing is found in any of the parts, or tells what and where. */
    private static <T> void none(List<T> parts, Function<T, Stream<String>> findings) {
        assertThat(parts).isNotEmpty();
        assertThat(parts.stream().flatMap(part -> findings.apply(part).map(finding -> part + ": " + finding))).isEmpty();
    }

    private static boolean keepsItsAnswer(Part route) {
        return route.fields("uri").map(Field::text).filter(uri -> uri.startsWith("sql:classpath:")).anyMatch(uri -> {
            try {
                return Files.readString(RESOURCES.resolve(uri.substring("sql:classpath:".length())))
                        .contains("kept(CAST(:#${variable.idempotency_lease} AS uuid), ");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private List<File> oneRouteFiles() {
        return tree.files().stream().filter(file -> file.routes().size() == 1).toList();
    }

    private static Set<String> ids(List<Part> parts) {
        return parts.stream().map(part -> part.text("id")).collect(Collectors.toSet());
    }

    /** The folders a role loads at most: its own, those for development, and those of what can be switched on. */
    private static Set<String> folders(Role role) {
        Set<String> folders = new HashSet<>(role.folders());
        if (role.hasApi()) {
            folders.add("development");
        }
        if (role.hasConsumer()) {
            folders.add("embedded");
            folders.add("backup");
        }
        return folders;
    }

    private static String camelCase(String stem) {
        return Stream.of(stem.split("-"))
                .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
                .collect(Collectors.joining());
    }
}
