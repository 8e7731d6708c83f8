package smap.identity.contract;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.platform.http.vertx.HttpMessage;
import org.apache.camel.spi.RestClientRequestValidator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.contract.ContractOperation.Body;
import smap.identity.contract.ContractOperation.Field;
import smap.identity.contract.ContractOperation.Parameter;
import smap.identity.http.AllowedOrigins;
import smap.identity.problem.Envelope;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.TraceIds;
import smap.identity.settings.AddressRanges;

/**
 * Checks a request against the contract and lets through what the contract declares, and nothing else: each declared field of the body
 * and each declared parameter becomes an exchange variable of its name and of the type its schema says (its default if it was not sent,
 * null if there is none), the body and all headers are dropped.
 * Thus no query parameter, form field or request header can reach a statement, the broker or a mail (CVE-2026-46584 and its kin), and no
 * route has to remember to strip them. Camel's own validator compiles the document anew for each request; this one did so once.
 * Thread-safe.
 */
public final class ContractRequestValidator implements RestClientRequestValidator {

    private static final Logger LOG = LoggerFactory.getLogger(ContractRequestValidator.class);
    private static final int MOST_USER_AGENT = 300;
    private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x1F\\x7F-\\x9F]");
    /** Far more than any schema of the contract, and little enough for whatever walks a body by calling itself. */
    private static final int DEEPEST = 100;

    private final Contract contract;
    private final Envelope envelope;
    private final TraceIds traceIds;
    private final ClientAddress clientAddress;
    private final SameOrigin sameOrigin;
    private final ObjectMapper json = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** Trusts no proxy and no page of another origin. */
    public ContractRequestValidator(Contract contract, Envelope envelope, TraceIds traceIds) {
        this(contract, envelope, traceIds, new ClientAddress(AddressRanges.parse("")), new SameOrigin(new AllowedOrigins(List.of())));
    }

    public ContractRequestValidator(
            Contract contract, Envelope envelope, TraceIds traceIds, ClientAddress clientAddress, SameOrigin sameOrigin) {
        this.contract = contract;
        this.envelope = envelope;
        this.traceIds = traceIds;
        this.clientAddress = clientAddress;
        this.sameOrigin = sameOrigin;
    }

    @Override
    public ValidationError validate(Exchange exchange, ValidationContext context) {
        String traceId = traceIds.from(header(exchange.getMessage(), "traceparent"));
        try {
            return validate(exchange, traceId);
        } catch (RuntimeException e) {
            // no route is reached yet, so no route configuration would give this its envelope
            LOG.atError().addKeyValue("trace_id", traceId).setCause(e).log("Request could not be checked against the contract");
            exchange.getMessage().removeHeaders("*");
            return refuse(ProblemCode.SOMETHING_WENT_WRONG, List.of(), traceId);
        }
    }

    private ValidationError validate(Exchange exchange, String traceId) {
        Message request = exchange.getMessage();
        ContractOperation operation = contract
                .find(request.getHeader(Exchange.HTTP_METHOD, String.class), request.getHeader(Exchange.HTTP_PATH, String.class))
                .orElseThrow(() -> new IllegalStateException("Camel found an operation for a request that the contract has none for"));
        Map<String, Object> variables = new HashMap<>();
        variables.put("trace_id", traceId);
        variables.put("traceparent", traceIds.traceparent(traceId));
        variables.put("operation", operation.id());
        String ownOrigin = ownOrigin(request);
        variables.put("own_origin", ownOrigin);
        variables.put("user_agent", userAgent(request));
        boolean forged = operation.secured() && !readToken(request, operation, ownOrigin, variables);
        List<FieldError> errors = new ArrayList<>();
        // whoever is let through without a token is let through by this variable (command line), so no request may bring it
        variables.put("caller", null);
        variables.put("allowed_roles", operation.secured() ? operation.roles() : null);
        variables.put("remote_address", remoteAddress(request));
        operation.parameters().forEach(
                parameter -> readParameter(parameter, texts(operation, parameter, request), variables, errors));
        operation.body().ifPresent(body -> readBody(body, request.getBody(byte[].class), variables, errors));

        request.removeHeaders("*");
        request.setBody(null);
        variables.forEach(exchange::setVariable);
        if (forged) {
            LOG.atWarn().addKeyValue("trace_id", traceId).addKeyValue("operation", operation.id())
                    .log("Request refused because another site's page made it with our cookie");
            return refuse(ProblemCode.FORBIDDEN, List.of(), traceId);
        }
        return errors.isEmpty() ? null : refuse(RequestFaultCode.of(operation.tag(), errors), errors, traceId);
    }

    /**
     * Takes the access token, from the cookie only where the request brings none itself.
     *
     * @return whether it may be used: a browser sends the cookie with what any site's page asks for
     */
    private boolean readToken(Message request, ContractOperation operation, String ownOrigin, Map<String, Object> variables) {
        RequestToken token = RequestToken.read(header(request, "Authorization"), joined(request, "Cookie"));
        variables.put("token", token.value());
        return token.isEnoughFor(operation.method())
                || sameOrigin.allows(ownOrigin, header(request, "Origin"), header(request, "Sec-Fetch-Site"));
    }

    /** Where this server is, as the caller has it: what a browser calls the origin of its pages. */
    private String ownOrigin(Message request) {
        if (request instanceof HttpMessage http) {
            HttpServerRequest asked = http.getRequest();
            return SameOrigin.of(clientAddress.isSecure(asked) ? "https" : "http", String.valueOf(asked.authority()));
        }
        return null;
    }

    /** On one line, and without the zero that no text in PostgreSQL holds: HTTP/2 brings what HTTP/1.1 refuses (RFC 9113, 8.2.1). */
    private static String userAgent(Message request) {
        String given = header(request, "User-Agent");
        String agent = given == null ? null : CONTROL.matcher(given).replaceAll(" ");
        return agent == null || agent.length() <= MOST_USER_AGENT ? agent : agent.substring(0, MOST_USER_AGENT);
    }

    private void readBody(Body body, byte[] content, Map<String, Object> variables, List<FieldError> errors) {
        boolean absent = content == null || content.length == 0;
        if (absent && !body.required()) {
            body.fields().forEach(field -> variables.put(field.name(), field.preset()));
            return;
        }
        JsonNode node;
        try {
            node = json.readTree(absent ? new byte[0] : content);
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            errors.add(new FieldError("body", at == null
                    ? "must be JSON that is not nested too deep and has no number or name that is too long"
                    : "must be JSON, and is not at line " + at.getLineNr() + ", column " + at.getColumnNr()));
            return;
        } catch (IOException e) {
            errors.add(new FieldError("body", "must be JSON in UTF-8"));
            return;
        }
        if (!node.isObject()) {
            errors.add(new FieldError("body", "must be a JSON object"));
            return;
        }
        List<FieldError> boundless = body.fields().stream()
                .map(Field::name)
                .filter(name -> isBoundless(node.path(name)))
                .map(name -> new FieldError(name, "must have no number that is too large to be read"))
                .toList();
        if (!boundless.isEmpty()) {
            // the schema would fail on them, and no schema of ours takes them
            errors.addAll(boundless);
            return;
        }
        errors.addAll(SchemaFaults.ofBody(body.schema(), node));
        body.fields().forEach(field -> {
            JsonNode value = node.path(field.name());
            boolean given = !value.isMissingNode() && !value.isNull();
            variables.put(field.name(), given ? variable(field, value, errors) : field.preset());
        });
    }

    private static boolean isBoundless(JsonNode value) {
        if (value.isContainerNode()) {
            return StreamSupport.stream(value.spliterator(), false).anyMatch(ContractRequestValidator::isBoundless);
        }
        return value.isDouble() && !Double.isFinite(value.doubleValue());
    }

    private void readParameter(Parameter parameter, List<String> texts, Map<String, Object> variables, List<FieldError> errors) {
        Field field = parameter.field();
        variables.put(field.name(), field.preset());
        if (texts.isEmpty()) {
            if (parameter.required()) {
                errors.add(FieldError.missing(field.name()));
            }
            return;
        }
        if (texts.size() > 1 && !field.type().isArray()) {
            errors.add(new FieldError(field.name(), "must be given once"));
            return;
        }
        JsonNode value = field.type().read(String.join(",", texts));
        if (value == null) {
            errors.add(new FieldError(field.name(), "must be " + field.type().expected()));
            return;
        }
        errors.addAll(SchemaFaults.ofParameter(field.name(), parameter.schema(), value));
        variables.put(field.name(), variable(field, value, errors));
    }

    private Object variable(Field field, JsonNode value, List<FieldError> errors) {
        Object variable = field.type().variable(value, json.convertValue(value, Object.class));
        if (variable == null && errors.stream().noneMatch(error -> error.field().equals(field.name()))) {
            errors.add(new FieldError(field.name(), "must be " + field.type().expected()));
        }
        return variable;
    }

    /** What a request gives for a parameter, taken from the one place the contract names: a header is no parameter of the query. */
    private List<String> texts(ContractOperation operation, Parameter parameter, Message request) {
        String name = parameter.name();
        if ("path".equals(parameter.in())) {
            String path = request.getHeader(Exchange.HTTP_PATH, String.class);
            return List.of(operation.pathValue(name, path, contract.basePath()));
        }
        if ("query".equals(parameter.in()) && request instanceof HttpMessage http) {
            // by RFC 3986 a semicolon is a letter as any other
            return http.getRequest().params(true).getAll(name);
        }
        String text = header(request, name);
        return text == null ? List.of() : List.of(text);
    }

    private String remoteAddress(Message request) {
        return request instanceof HttpMessage http ? clientAddress.address(http.getRequest()) : null;
    }

    private ValidationError refuse(ProblemCode code, List<FieldError> errors, String traceId) {
        return new ValidationError(code.status(), new String(envelope.failure(code, errors, traceId), StandardCharsets.UTF_8));
    }

    /** A header as it was sent: among Camel's headers stand the parameters of path and query too, and a token has no place in a URL. */
    private static String header(Message request, String name) {
        return request instanceof HttpMessage http ? http.getRequest().getHeader(name) : request.getHeader(name, String.class);
    }

    /** All headers of a name as one, as HTTP/2 takes a {@code Cookie} apart (RFC 9113, section 8.2.3). */
    private static String joined(Message request, String name) {
        return request instanceof HttpMessage http
                ? String.join("; ", http.getRequest().headers().getAll(name))
                : request.getHeader(name, String.class);
    }
}
