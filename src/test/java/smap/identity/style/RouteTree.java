package smap.identity.style;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The route files of the product as they are written, with what refers to what in them. */
final class RouteTree {

    static final Path RESOURCES = Path.of("src/main/resources");

    private static final String ENDING = ".camel.yaml";
    private static final String DIRECT = "direct:";
    private static final Pattern BEAN = Pattern.compile("(?:#bean|\\$\\{bean):([A-Za-z0-9-]+)");

    private final YAMLMapper yaml = new YAMLMapper();
    private final List<File> files = readFiles();
    private final Set<String> operations = readOperations();

    /**
     * A key and its value.
     *
     * @param owner the nearest key above it
     * @param choices how many keys above it are {@code choice}
     */
    record Field(String owner, String name, JsonNode value, int choices) {

        String text() {
            return value.asText();
        }
    }

    /** A piece of YAML: a file, a route, a configuration. */
    record Part(String name, JsonNode node) {

        /** Every key in it, at any depth, in the order of the text. */
        Stream<Field> fields() {
            List<Field> found = new ArrayList<>();
            collect(node, "", 0, found);
            return found.stream();
        }

        private static void collect(JsonNode node, String owner, int choices, List<Field> found) {
            if (node.isArray()) {
                node.forEach(element -> collect(element, owner, choices, found));
            }
            node.properties().forEach(property -> {
                String key = property.getKey();
                found.add(new Field(owner, key, property.getValue(), choices));
                collect(property.getValue(), key, choices + (key.equals("choice") ? 1 : 0), found);
            });
        }

        Stream<Field> fields(String key) {
            return fields().filter(field -> field.name().equals(key));
        }

        String text(String key) {
            return node.path(key).asText();
        }

        List<String> keys() {
            List<String> keys = new ArrayList<>();
            node.fieldNames().forEachRemaining(keys::add);
            return keys;
        }

        /** Routes that steps of a kind call over {@code direct:}. */
        Stream<String> called(String kind) {
            return fields("uri").filter(field -> field.owner().equals(kind)).map(Field::text).filter(uri -> uri.startsWith(DIRECT))
                    .map(RouteTree::named);
        }

        /** Routes that any step calls over {@code direct:}. */
        Stream<String> called() {
            return fields("uri").map(Field::owner).distinct().filter(kind -> !kind.equals("from")).flatMap(this::called);
        }

        /** Beans that are referred to by name. */
        Stream<String> beans() {
            return Stream.concat(
                    fields("ref").map(Field::text),
                    fields().filter(field -> field.value().isTextual())
                            .flatMap(field -> BEAN.matcher(field.text()).results())
                            .map(found -> found.group(1)));
        }

        /** The name its input has: what stands after the scheme. */
        String input() {
            return named(node.at("/from/uri").asText());
        }

        boolean isDirect() {
            return node.at("/from/uri").asText().startsWith(DIRECT);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** One file: the name of its folder, its base name and what is in it. */
    record File(String folder, String stem, String text, Part all) {

        Stream<Part> roots(String kind) {
            return elements(all.node()).map(root -> root.path(kind)).filter(root -> !root.isMissingNode())
                    .map(root -> new Part(this + " " + root.path("id").asText(), root));
        }

        List<Part> routes() {
            return roots("route").toList();
        }

        /** Whether it may hold no more than one route: all but what is shared, beans and the REST file. */
        boolean isFlow() {
            return !folder.equals("shared") && !isBeans() && !stem.equals("rest-api");
        }

        boolean isBeans() {
            return stem.endsWith("-beans");
        }

        Stream<String> beansMade() {
            return roots("beans").flatMap(beans -> elements(beans.node())).map(bean -> bean.path("name").asText());
        }

        @Override
        public String toString() {
            return folder + '/' + stem;
        }
    }

    List<File> files() {
        return files;
    }

    List<Part> routes() {
        return files.stream().flatMap(file -> file.routes().stream()).toList();
    }

    List<Part> configurations() {
        return files.stream().flatMap(file -> file.roots("routeConfiguration")).toList();
    }

    /** The operations of the contract, each the name of a route. */
    Set<String> operations() {
        return operations;
    }

    /** The operations of the contract of which something is true. */
    Set<String> operations(Predicate<JsonNode> test) {
        Set<String> found = new HashSet<>();
        contract().path("paths").forEach(path -> path.forEach(operation -> {
            if (operation.has("operationId") && test.test(operation)) {
                found.add(operation.path("operationId").asText());
            }
        }));
        return found;
    }

    Stream<String> uris() {
        return files.stream().flatMap(file -> file.all().fields("uri")).map(Field::text);
    }

    static Stream<JsonNode> elements(JsonNode node) {
        List<JsonNode> elements = new ArrayList<>();
        node.forEach(elements::add);
        return elements.stream();
    }

    private static String named(String uri) {
        return uri.substring(uri.indexOf(':') + 1);
    }

    private List<File> readFiles() {
        try (Stream<Path> found = Files.walk(RESOURCES.resolve("routes"))) {
            return found.filter(Files::isRegularFile).sorted().map(this::readFile).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private File readFile(Path path) {
        String folder = path.getParent().getFileName().toString();
        String stem = path.getFileName().toString().replace(ENDING, "");
        try {
            String text = Files.readString(path);
            return new File(folder, stem, text, new Part(folder + '/' + stem, yaml.readTree(text)));
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }

    private Set<String> readOperations() {
        return new HashSet<>(contract().findValuesAsText("operationId"));
    }

    private JsonNode contract() {
        try {
            return yaml.readTree(RESOURCES.resolve("openapi/smap-identity.yaml").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
