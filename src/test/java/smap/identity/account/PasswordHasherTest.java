package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import de.mkammerer.argon2.Argon2;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

class PasswordHasherTest {

    /** From golang.org/x/crypto/bcrypt, which the old system hashed with. */
    private static final String BCRYPT_OF_ALLMINE = "10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga";
    /** From the tests of the reference implementation (phc-winner-argon2). */
    private static final String ARGON2ID_OF_PASSWORD =
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    private static final PasswordHasher HASHER = new PasswordHasher(2);

    @Nested
    class Hashes {

        @Test
        void a_hash_is_argon2id_in_phc_form_with_nineteen_mebibytes_two_passes_and_one_lane() {
            assertThat(HASHER.hash("correct horse"))
                    .matches("\\$argon2id\\$v=19\\$m=19456,t=2,p=1\\$[A-Za-z0-9+/]{22,}\\$[A-Za-z0-9+/]{43}");
        }

        @Test
        void two_hashes_of_one_password_differ() {
            assertThat(HASHER.hash("correct horse")).isNotEqualTo(HASHER.hash("correct horse"));
        }

        @Test
        void a_password_matches_its_own_hash_and_no_other() {
            Map<String, Object> user = user(HASHER.hash("correct horse"));

            assertThat(HASHER.matches("correct horse", user)).isTrue();
            assertThat(HASHER.matches("Correct horse", user)).isFalse();
            assertThat(HASHER.matches("correct horse ", user)).isFalse();
            assertThat(HASHER.matches("", user)).isFalse();
        }

        @Test
        void a_hash_made_elsewhere_with_other_parameters_verifies_and_is_outdated() {
            assertThat(HASHER.matches("password", user(ARGON2ID_OF_PASSWORD))).isTrue();
            assertThat(HASHER.matches("passwore", user(ARGON2ID_OF_PASSWORD))).isFalse();
            assertThat(HASHER.isOutdated(user(ARGON2ID_OF_PASSWORD))).isTrue();
        }

        @ParameterizedTest
        @ValueSource(strings = {"$2a$", "$2b$", "$2y$"})
        void a_bcrypt_hash_of_the_old_system_verifies_and_is_outdated(String variant) {
            Map<String, Object> user = user(variant + BCRYPT_OF_ALLMINE);

            assertThat(HASHER.matches("allmine", user)).isTrue();
            assertThat(HASHER.matches("allmin", user)).isFalse();
            assertThat(HASHER.isOutdated(user)).isTrue();
        }

        @Test
        void a_hash_of_today_is_not_outdated_and_a_weaker_one_is() {
            String hash = HASHER.hash("correct horse");

            assertThat(HASHER.isOutdated(user(hash))).isFalse();
            assertThat(HASHER.isOutdated(user(hash.replace("m=19456", "m=9216")))).isTrue();
            assertThat(HASHER.isOutdated(user(hash.replace("t=2", "t=1")))).isTrue();
            assertThat(HASHER.isOutdated(user(hash.replace("$argon2id$", "$argon2i$")))).isTrue();
        }

        @Test
        void the_native_and_the_java_implementation_stand_in_for_one_another() {
            Argon2id found = Argon2id.create();
            Argon2id java = Argon2id.java();
            String password = "pass\u0000wörd \ud83d\ude00";

            assertThat(java.verify(password, found.hash(password))).isTrue();
            assertThat(found.verify(password, java.hash(password))).isTrue();
            assertThat(java.verify("pass", found.hash(password))).isFalse();
            assertThat(found.verify("pass", java.hash(password))).isFalse();
            assertThat(java.verify("password", ARGON2ID_OF_PASSWORD)).isTrue();
            assertThat(java.isOutdated(java.hash(password))).isFalse();
        }
    }

    @Nested
    class Nobody {

        @Test
        void whose_address_is_unknown_has_no_password_at_all() {
            assertThat(HASHER.matches("correct horse", null)).isFalse();
            assertThat(HASHER.matches("nobody has this password", null)).isFalse();
        }

        @Test
        void takes_a_hash_as_well_so_that_the_time_tells_nothing() {
            AtomicInteger verified = new AtomicInteger();
            PasswordHasher hasher = new PasswordHasher(1, library(() -> {}, verified::incrementAndGet), Duration.ofMinutes(1));

            assertThat(hasher.matches("correct horse", null)).isFalse();

            assertThat(verified).hasValue(1);
        }
    }

    @Nested
    class HowManyAtOnce {

        private static final long MIB = 1024 * 1024;

        @ParameterizedTest
        @CsvSource({"16,256,3", "2,256,2", "16,2048,16", "8,64,1", "1,256,1"})
        void hashes_that_take_their_memory_from_the_heap_take_a_quarter_of_it_at_most(int cores, long heap, int hashers) {
            assertThat(PasswordHasher.fitting(cores, heap * MIB, Argon2id.java())).isEqualTo(hashers);
        }

        @Test
        void others_are_one_a_core() {
            assertThat(PasswordHasher.fitting(16, 64 * MIB, library(() -> {}, () -> {}))).isEqualTo(16);
        }
    }

    @Nested
    class InTurn {

        private static final int WAITING_FOR_EACH = 16;

        private final CountDownLatch end = new CountDownLatch(1);
        private final AtomicInteger underWay = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private final List<Thread> threads = new ArrayList<>();

        @Test
        void no_more_hashes_are_under_way_than_there_are_hashers_and_all_get_their_turn() {
            PasswordHasher hasher = new PasswordHasher(2, held(), Duration.ofMinutes(1));
            call(10, hasher);
            awaitUnderWayAndWaiting(2, 8);

            end.countDown();

            await().untilAsserted(() -> assertThat(done).hasValue(10));
            assertThat(most).hasValue(2);
        }

        @Test
        void who_finds_the_queue_full_is_told_to_come_back() {
            PasswordHasher hasher = new PasswordHasher(1, held(), Duration.ofMinutes(1));
            call(1 + WAITING_FOR_EACH, hasher);
            awaitUnderWayAndWaiting(1, WAITING_FOR_EACH);

            ProblemException problem = catchThrowableOfType(ProblemException.class, () -> hasher.hash("correct horse"));

            assertThat(problem.code()).isEqualTo(ProblemCode.SERVICE_UNAVAILABLE);
            assertThat(problem.retryAfter()).isEqualTo(Duration.ofSeconds(2));
            end.countDown();
            await().untilAsserted(() -> assertThat(done).hasValue(1 + WAITING_FOR_EACH));
            assertThat(hasher.hash("correct horse")).isEqualTo("$argon2id$hash");
        }

        @Test
        void who_waits_too_long_is_told_to_come_back() {
            PasswordHasher hasher = new PasswordHasher(1, held(), Duration.ofMillis(1));
            call(1, hasher);
            await().untilAsserted(() -> assertThat(underWay).hasValue(1));

            ProblemException problem =
                    catchThrowableOfType(ProblemException.class, () -> hasher.matches("correct horse", user(ARGON2ID_OF_PASSWORD)));

            assertThat(problem.code()).isEqualTo(ProblemCode.SERVICE_UNAVAILABLE);
            end.countDown();
        }

        @Test
        void who_is_interrupted_while_waiting_is_told_to_come_back_and_stays_interrupted() {
            PasswordHasher hasher = new PasswordHasher(1, held(), Duration.ofMinutes(1));
            call(1, hasher);
            await().untilAsserted(() -> assertThat(underWay).hasValue(1));

            Thread.currentThread().interrupt();
            ProblemException problem = catchThrowableOfType(ProblemException.class, () -> hasher.hash("correct horse"));

            assertThat(Thread.interrupted()).isTrue();
            assertThat(problem.code()).isEqualTo(ProblemCode.SERVICE_UNAVAILABLE);
            end.countDown();
        }

        @Test
        void a_hash_that_fails_gives_its_turn_to_the_next() {
            AtomicInteger calls = new AtomicInteger();
            PasswordHasher hasher = new PasswordHasher(1, library(() -> {
                if (calls.incrementAndGet() == 2) {
                    throw new IllegalStateException("out of memory");
                }
            }, () -> {}), Duration.ofMillis(1));

            assertThatCode(() -> hasher.hash("correct horse")).hasMessage("out of memory");

            assertThat(hasher.hash("correct horse")).isEqualTo("$argon2id$hash");
        }

        /** A library whose hashes, but for the first, which the constructor makes, last until the end. */
        private Argon2id held() {
            AtomicInteger calls = new AtomicInteger();
            return library(() -> {
                if (calls.incrementAndGet() > 1) {
                    most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                    awaitEnd();
                    underWay.decrementAndGet();
                }
            }, () -> {});
        }

        private void awaitEnd() {
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private void call(int times, PasswordHasher hasher) {
            for (int i = 0; i < times; i++) {
                Thread thread = new Thread(() -> {
                    hasher.hash("correct horse");
                    done.incrementAndGet();
                });
                thread.setDaemon(true);
                threads.add(thread);
                thread.start();
            }
        }

        private void awaitUnderWayAndWaiting(int working, int waiting) {
            await().untilAsserted(() -> {
                assertThat(underWay).hasValue(working);
                assertThat(threads).filteredOn(thread -> thread.getState() == Thread.State.TIMED_WAITING).hasSize(waiting);
            });
        }
    }

    @Nested
    class FromARoute {

        @ParameterizedTest
        @ValueSource(strings = {
            "it's \"quoted\", isn't it", "${variable.email}${exception.stacktrace}", "#bean:passwordHasher", "{{jwt.secret}}",
            "nul\u0000nul",
            "\ud83d\ude00 non-BMP \ud835\udd38", "a,b) c(d", "null", "true", "12345678", "\\u0041\\n\t\r\n", "  blanks  "
        })
        void a_password_arrives_as_it_is(String password) throws Exception {
            try (DefaultCamelContext camel = new DefaultCamelContext()) {
                camel.getRegistry().bind("passwordHasher", HASHER);
                camel.start();
                Exchange exchange = new DefaultExchange(camel);
                exchange.setVariable("password", password);
                exchange.setVariable("email", "user@example.com");

                String hash = call(exchange, "hash", String.class);
                assertThat(HASHER.matches(password, user(hash))).isTrue();

                exchange.setVariable("user", user(hash));
                assertThat(call(exchange, "matches", Boolean.class)).isTrue();
                assertThat(call(exchange, "isOutdated", Boolean.class)).isFalse();
                exchange.setVariable("password", password + "x");
                assertThat(call(exchange, "matches", Boolean.class)).isFalse();
                exchange.removeVariable("user");
                assertThat(call(exchange, "matches", Boolean.class)).isFalse();
            }
        }

        private static <T> T call(Exchange exchange, String method, Class<T> type) {
            return exchange.getContext().resolveLanguage("bean")
                    .createExpression("passwordHasher?method=" + method).evaluate(exchange, type);
        }
    }

    private static Argon2id library(Runnable onHash, Runnable onVerify) {
        InvocationHandler calls = (proxy, method, arguments) -> {
            if (method.getName().equals("hash")) {
                onHash.run();
                return "$argon2id$hash";
            }
            onVerify.run();
            return true;
        };
        return new Argon2id((Argon2) Proxy.newProxyInstance(Argon2.class.getClassLoader(), new Class<?>[] {Argon2.class}, calls));
    }

    private static Map<String, Object> user(String hash) {
        return Map.of("password_hash", hash);
    }
}
