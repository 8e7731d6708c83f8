package smap.identity.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import smap.identity.problem.FieldError;

/**
 * The OpenAPI document (3.0) as the request side of the API reads it: which operation a request is for and what it may carry.
 * Immutable and thread-safe; every schema is compiled once, when the document is read.
 */
public final class Contract {

    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch", "head", "options");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String basePath;
    private final List<ContractOperation> operations;
    /** Those whose path is spelled out, by that path. */
    private final Map<String, List<ContractOperation>> spelledOut;
    private final List<ContractOperation> withPlaceholders;

    private Contract(String basePath, List<ContractOperation> operations) {
        this.basePath = basePath;
        this.operations = operations;
        this.spelledOut = operations.stream()
                .filter(operation -> operation.placeholders() == 0)
                .collect(Collectors.groupingBy(operation -> operation.spelled(basePath)));
        this.withPlaceholders = operations.stream().filter(operation -> operation.placeholders() > 0).toList();
    }

    /**
     * Reads a document from the class path.
     *
     * @throws IllegalArgumentException if it is not there, or has a reference that leads nowhere
     */
    public static Contract read(String resource) {
        JsonNode document = parse(resource);
        OperationReader reader = new OperationReader(document);
        List<ContractOperation> operations = new ArrayList<>();
        document.path("paths").properties().forEach(path -> path.getValue().properties().stream()
                .filter(entry -> METHODS.contains(entry.getKey()))
                .forEach(entry -> operations.add(reader.read(path.getKey(), entry.getKey(), path.getValue(), entry.getValue()))));
        return new Contract(document.at("/servers/0/url").asText(), List.copyOf(operations));
    }

    private static JsonNode parse(String resource) {
        try (InputStream in = Contract.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalArgumentException("There is no contract " + resource + " on the class path");
            }
            return new YAMLMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The path every operation's own path is appended to, {@code /api/v1}. */
    public String basePath() {
        return basePath;
    }

    /**
     * The operation a request is for.
     *
     * @param path without query; as the server sees it, so with {@link #basePath()}
     */
    public Optional<ContractOperation> find(String method, String path) {
        return at(path).stream().filter(operation -> operation.method().equalsIgnoreCase(method)).findFirst();
    }

    /** Those of a path. One spelled out goes before one that fits by a placeholder, as Camel and the specification have it. */
    private List<ContractOperation> at(String path) {
        List<ContractOperation> exactly = spelledOut.get(path);
        if (exactly != null) {
            return exactly;
        }
        List<ContractOperation> matching = withPlaceholders.stream().filter(operation -> operation.matches(path, basePath)).toList();
        int fewest = matching.stream().mapToInt(ContractOperation::placeholders).min().orElse(0);
        return matching.stream().filter(operation -> operation.placeholders() == fewest).toList();
    }

    /**
     * The operation of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    ContractOperation operation(String id) {
        return operations.stream()
                .filter(operation -> operation.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("The contract has no operation '" + id + "'"));
    }

    /** The ids of the operations that are not for anyone. */
    public Set<String> secured() {
        return operations.stream().filter(ContractOperation::secured).map(ContractOperation::id).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether a path can be asked with some method. */
    public boolean knows(String path) {
        return spelledOut.containsKey(path) || withPlaceholders.stream().anyMatch(operation -> operation.matches(path, basePath));
    }

    /** What is wrong with some fields of an operation's body; what else that needs does not count. */
    public List<FieldError> faults(String id, Map<String, ?> fields) {
        return operation(id).body().stream()
                .flatMap(body -> SchemaFaults.ofBody(body.schema(), JSON.valueToTree(fields)).stream())
                .filter(fault -> fields.containsKey(fault.field()))
                .toList();
    }

    /** The methods a path can be asked with, in alphabetical order; none if the contract does not know the path. */
    public Set<String> methods(String path) {
        Set<String> methods = new TreeSet<>();
        at(path).forEach(operation -> methods.add(operation.method()));
        return methods;
    }
}
