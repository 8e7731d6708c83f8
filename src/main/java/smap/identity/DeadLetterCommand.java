package smap.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.spi.RestClientRequestValidator.ValidationError;
import org.apache.camel.support.DefaultExchange;
import smap.identity.account.Caller;
import smap.identity.contract.Contract;
import smap.identity.contract.ContractRequestValidator;
import smap.identity.problem.Envelope;
import smap.identity.problem.TraceIds;
import smap.identity.settings.Settings;
import smap.identity.settings.SettingsException;

/**
 * {@code dead-letters …}: the API's operations on dead letters from the command line, by the API's own routes and contract, without its
 * HTTP server and timers. What is done is noted under the account on the machine. Answers go to standard output, all else to standard
 * error. For one thread.
 */
final class DeadLetterCommand {

    static final String NAME = "dead-letters";

    private static final int DONE = 0;
    private static final int REFUSED = 1;
    private static final int WRONG_USAGE = 2;
    private static final int MISCONFIGURED = 78;
    private static final String CONTRACT = "openapi/smap-identity.yaml";
    private static final String DONE_AT = "finished_at";
    private static final int CONNECTIONS = 2;

    /** The base names of what it runs. */
    private static final Set<String> ROUTES = Set.of(
            "clock-beans", "contract-beans", "database-beans", "broker-beans", "error-handling", "access-check",
            "idempotency-begin", "idempotency-release",
            "dead-letter-list", "dead-letter-show", "dead-letter-discard", "dead-letter-publish",
            "dead-letter-replay-one", "dead-letter-replay-many", "dead-letter-replay-show", "dead-letter-replay-turn");

    private final Contract contract = Contract.read(CONTRACT);
    private final ContractRequestValidator validator = new ContractRequestValidator(contract, new Envelope(), new TraceIds());
    private final ObjectMapper json = new ObjectMapper();
    private final Settings settings;
    private final PrintStream out;
    private final PrintStream err;

    private DeadLetterCommand(Settings settings, PrintStream out, PrintStream err) {
        this.settings = settings;
        this.out = out;
        this.err = err;
    }

    /** Runs the command and returns the exit code. */
    static int run(String... args) {
        PrintStream err = System.err;
        PrintStream out = CommandRoutes.takeOutput();
        Optional<DeadLetterRequest> request = DeadLetterRequest.read(List.of(args).subList(1, args.length));
        if (request.isEmpty()) {
            err.print(DeadLetterRequest.USAGE);
            return WRONG_USAGE;
        }
        try {
            return new DeadLetterCommand(settings(), out, err).run(request.get());
        } catch (SettingsException e) {
            e.faults().forEach(fault -> err.println("refused: " + fault));
            return MISCONFIGURED;
        } catch (Exception e) {
            err.println("failed: " + e);
            return REFUSED;
        }
    }

    private static Settings settings() {
        Settings settings = Settings.read(Role.API, System.getenv(), System.getProperties());
        List<String> faults = new ArrayList<>();
        if (settings.isEmpty("postgres.host")) {
            faults.add("POSTGRES_HOST: expected the host of the database that holds the dead letters");
        }
        if (settings.isEmpty("rabbitmq.url")) {
            faults.add("RABBITMQ_URL: expected the URL of the broker that replays go to");
        }
        if (!faults.isEmpty()) {
            throw new SettingsException(faults);
        }
        return settings.with(Map.of("postgres.connections", Integer.toString(CONNECTIONS)));
    }

    private int run(DeadLetterRequest request) throws Exception {
        try (CommandRoutes routes = CommandRoutes.start(NAME, ROUTES, settings, Map.of());
                ProducerTemplate producer = routes.context().createProducerTemplate()) {
            JsonNode answer = ask(producer, request);
            boolean isRun = !answer.at("/data/" + DONE_AT).isMissingNode();
            return print(isRun ? finish(producer, answer) : answer);
        }
    }

    /** The answer of an operation, or its refusal: by the contract or by its route. */
    private JsonNode ask(ProducerTemplate producer, DeadLetterRequest request) throws IOException {
        Exchange exchange = new DefaultExchange(producer.getCamelContext());
        exchange.getMessage().setHeader(Exchange.HTTP_METHOD, request.method());
        exchange.getMessage().setHeader(Exchange.HTTP_PATH, contract.basePath() + request.path());
        request.query().forEach(exchange.getMessage()::setHeader);
        exchange.getMessage().setBody(request.body() == null ? null : request.body().getBytes(StandardCharsets.UTF_8));
        ValidationError refusal = validator.validate(exchange, null);
        if (refusal != null) {
            return json.readTree(refusal.body());
        }
        exchange.setVariable("caller", Caller.onMachine(System.getProperty("user.name")));
        return json.readTree(producer.send("direct:" + request.operation(), exchange).getMessage().getBody(String.class));
    }

    /** Goes on with a run until it is at its end, and tells how far it is. Processes of the role {@code api} may take their part. */
    private JsonNode finish(ProducerTemplate producer, JsonNode started) throws Exception {
        String path = "/dead-letters/replays/" + started.at("/data/id").asText();
        DeadLetterRequest progress = new DeadLetterRequest("dead-letter-replay-show", "GET", path, Map.of(), null);
        JsonNode answer = started;
        while (answer.at("/data/" + DONE_AT).isNull()) {
            Exception failure = producer.send("direct:dead-letter-replay-turn", exchange -> {}).getException();
            if (failure != null) {
                throw failure;
            }
            answer = ask(producer, progress);
            JsonNode run = answer.path("data");
            err.printf("replayed %d, refused %d, remaining %d of %d%n", run.path("replayed").asInt(), run.path("refused").asInt(),
                    run.path("remaining").asInt(), run.path("total").asInt());
            if (run.path(DONE_AT).isNull()) {
                TimeUnit.SECONDS.sleep(1);
            }
        }
        return answer;
    }

    private int print(JsonNode answer) {
        out.println(answer.toPrettyString());
        out.flush();
        if (answer.path("error_code").asInt() == 0 && !(answer instanceof MissingNode)) {
            return DONE;
        }
        err.println("refused: " + answer.path("error_code").asInt() + ' ' + answer.path("message").asText());
        return REFUSED;
    }
}
