package smap.identity.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.springframework.jdbc.core.JdbcTemplate;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;
import smap.identity.support.JsonHttp;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/**
 * How long answers take by what is known of an address, with {@code AUTH_ENUMERATION_SAFE}; run by hand, because times are not asserted:
 * {@code mvn test -Dtest=EnumerationTimesTest -Dmeasure=enumeration -Dmeasure.rounds=200}. In each round each kind of address is asked
 * about once, one after the other and in random order, always one that was not asked about before. Printed are quartiles, and how often an
 * answer of a kind took longer than one of the first kind (0.5: no difference, Mann-Whitney) with the p of that.
 */
@WithPostgres
@EnabledIfSystemProperty(named = "measure", matches = "enumeration")
class EnumerationTimesTest {

    private static final int ROUNDS = Integer.getInteger("measure.rounds", 200);
    private static final int WARM_UP = 60;
    private static final String PASSWORD = "correct horse battery";

    private final Random random = new Random(19);

    @Test
    void what_is_known_of_an_address_is_not_told_by_the_time_it_takes(TestDatabase database) {
        int port = FreePorts.one();
        Map<String, String> settings = new LinkedHashMap<>(Map.of(
                "APP_PORT", Integer.toString(port), "MANAGEMENT_PORT", Integer.toString(FreePorts.one()),
                "POSTGRES_HOST", database.host(), "POSTGRES_PORT", Integer.toString(database.port()), "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(), "POSTGRES_PASSWORD", database.password(),
                "AUTH_ENUMERATION_SAFE", System.getProperty("measure.safe", "true"), "OTP_TTL", "1d"));
        try (ApplicationProcess product = ApplicationProcess.start(EnumerationTimesTest.class, "all", settings)) {
            product.awaitReady(URI.create("http://127.0.0.1:" + port + "/ready"), Duration.ofSeconds(60));
            JsonHttp api = JsonHttp.at("http://127.0.0.1:" + port + "/api/v1/authentication");
            prepare(api, new JdbcTemplate(database.dataSource()));
            measure(api, "register", "unknown", "unproved", "proved");
            measure(api, "send-otp", "unknown", "wrong", "proved", "unproved", "waiting");
            measure(api, "verify-otp", "nobody", "waiting", "active");
            measure(api, "login", "nobody", "wrong", "fresh");
        }
    }

    /** Accounts by the thousand, all with the one hash, which takes longest to make. */
    private static void prepare(JsonHttp api, JdbcTemplate rows) {
        assertThat(api.post("/register", Map.of("email", "first@example.com", "password", PASSWORD)).status()).isEqualTo(201);
        for (String kind : List.of("unproved", "proved", "wrong", "waiting", "active", "fresh")) {
            rows.update("INSERT INTO users (email, password_hash, is_active, created_at, updated_at)"
                    + " SELECT ? || i || '@example.com', u.password_hash, ?, now(), now()"
                    + " FROM users u, generate_series(0, ?) i WHERE u.email = 'first@example.com'",
                    kind, List.of("proved", "active", "wrong").contains(kind), ROUNDS + WARM_UP);
        }
        rows.update("INSERT INTO mails (id, user_id, purpose, status, created_at, published_at, updated_at)"
                + " SELECT gen_random_uuid(), id, 'verification', 'sent', now(), now(), now() FROM users WHERE email LIKE 'waiting%'");
        rows.update("INSERT INTO one_time_codes (user_id, purpose, code_hmac, mail_id, issued_at, expires_at, hour_started_at)"
                + " SELECT user_id, purpose, 'none', id, now() + interval '1 hour', now() + interval '1 day', now() FROM mails");
        rows.execute("ANALYZE");
    }

    private void measure(JsonHttp api, String operation, String... kinds) {
        Map<String, List<Long>> times = new LinkedHashMap<>();
        List.of(kinds).forEach(kind -> times.put(kind, new ArrayList<>()));
        IntFunction<List<String>> shuffled = round -> {
            List<String> order = new ArrayList<>(List.of(kinds));
            Collections.shuffle(order, random);
            return order;
        };
        for (int round = 0; round < ROUNDS + WARM_UP; round++) {
            for (String kind : shuffled.apply(round)) {
                String email = kind + round + "@example.com";
                Map<String, String> body = operation.equals("verify-otp")
                        ? Map.of("email", email, "otp", "123456")
                        : Map.of("email", email, "password", kind.equals("wrong") ? "wrong horse battery" : PASSWORD);
                long start = System.nanoTime();
                api.post("/" + operation, body);
                long taken = System.nanoTime() - start;
                if (round >= WARM_UP) {
                    times.get(kind).add(taken);
                }
            }
        }
        times.forEach((kind, taken) -> print(operation, kind, taken, times.get(kinds[0])));
    }

    private static void print(String operation, String kind, List<Long> taken, List<Long> first) {
        double longer = longer(taken, first);
        double deviation = Math.sqrt((taken.size() + first.size() + 1.0) / (12.0 * taken.size() * first.size()));
        System.out.printf(Locale.ROOT, "%-11s %-9s n=%d  quartiles %.2f %.2f %.2f ms  longer than the first: %.3f  p=%.3f%n",
                operation, kind, taken.size(), quantile(taken, 0.25), quantile(taken, 0.5), quantile(taken, 0.75), longer,
                twoSided((longer - 0.5) / deviation));
    }

    private static double longer(List<Long> these, List<Long> those) {
        double wins = 0;
        for (long one : these) {
            for (long other : those) {
                wins += one > other ? 1 : one == other ? 0.5 : 0;
            }
        }
        return wins / ((double) these.size() * those.size());
    }

    private static double quantile(List<Long> taken, double at) {
        long[] sorted = taken.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(at * sorted.length))] / 1e6;
    }

    /** Of the normal distribution (Abramowitz and Stegun, 26.2.17). */
    private static double twoSided(double z) {
        double t = 1 / (1 + 0.2316419 * Math.abs(z));
        double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
        double[] b = {0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429};
        double tail = density * Arrays.stream(new double[] {
            b[0] * t, b[1] * t * t, b[2] * Math.pow(t, 3), b[3] * Math.pow(t, 4), b[4] * Math.pow(t, 5)}).sum();
        return Math.min(1, 2 * tail);
    }
}
