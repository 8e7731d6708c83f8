package smap.identity.health;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import smap.identity.problem.Envelope;
import smap.identity.problem.FieldError;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.TraceIds;

/**
 * Answers the health endpoints from what is registered as a {@link Dependency}. A probe's result is kept for a few seconds, so that
 * a crowd of probes is no load on what they ask about. A change of state is one log line. Thread-safe.
 */
public final class HealthAnswer {

    private static final Logger LOG = LoggerFactory.getLogger(HealthAnswer.class);
    private static final Duration KEPT = Duration.ofSeconds(5);

    private final Envelope envelope;
    private final TraceIds traceIds;
    private final Clock clock;
    private final Map<String, State> states = new ConcurrentHashMap<>();

    private record State(String fault, Instant at) {}

    public HealthAnswer(Envelope envelope, TraceIds traceIds, Clock clock) {
        this.envelope = envelope;
        this.traceIds = traceIds;
        this.clock = clock;
    }

    /** Always 200: this process answers. */
    public void live(Exchange exchange) {
        answer(exchange, 200, envelope.success(Map.of("status", "UP")));
    }

    /** 200 while the routes run and every vital dependency works, else 503 naming what does not. */
    public void ready(Exchange exchange) {
        List<Dependency> dependencies = new ArrayList<>(exchange.getContext().getRegistry().findByType(Dependency.class));
        dependencies.sort(Comparator.comparing(Dependency::name));
        Map<String, String> checks = new LinkedHashMap<>();
        List<FieldError> faults = new ArrayList<>();
        // this route answers before the last one has started and after the first one has stopped
        if (!exchange.getContext().isStarted()) {
            faults.add(new FieldError("routes", "do not all run"));
        }
        for (Dependency dependency : dependencies) {
            State state = states.compute(dependency.name(), (name, last) -> isFresh(last) ? last : probe(dependency, last));
            checks.put(dependency.name(), state.fault() == null ? "UP" : "DOWN");
            if (state.fault() != null && dependency.isVital()) {
                faults.add(new FieldError(dependency.name(), state.fault()));
            }
        }
        if (faults.isEmpty()) {
            answer(exchange, 200, envelope.success(Map.of("status", "UP", "checks", checks)));
        } else {
            answer(exchange, 503, envelope.failure(ProblemCode.SERVICE_UNAVAILABLE, faults, traceIds.from(null)));
            exchange.getMessage().setHeader("Retry-After", KEPT.toSeconds());
        }
    }

    private boolean isFresh(State state) {
        return state != null && clock.instant().isBefore(state.at().plus(KEPT));
    }

    private State probe(Dependency dependency, State last) {
        String fault = null;
        try {
            dependency.probe();
        } catch (Exception e) {
            // what it says stays in the log: addresses and accounts are nobody's business at an open endpoint
            fault = e instanceof UnavailableException told ? told.getMessage() : "does not answer";
            if (last == null || last.fault() == null) {
                LOG.warn("Dependency lost dependency={} cause={}", dependency.name(), e.toString());
            }
        }
        if (fault == null && last != null && last.fault() != null) {
            LOG.info("Dependency found again dependency={}", dependency.name());
        }
        return new State(fault, clock.instant());
    }

    private static void answer(Exchange exchange, int status, byte[] body) {
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/json");
        exchange.getMessage().setHeader("Cache-Control", "no-store");
        exchange.getMessage().setBody(body);
    }
}
