package smap.identity.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;
import smap.identity.support.TestDatabase;
import smap.identity.support.WithPostgres;

/** Two replicas of the API, without a broker, and ten thousand subscriptions that are due; one is killed when about half is done. */
@WithPostgres
class SubscriptionReplicasFlowTest {

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration WORK = Duration.ofSeconds(90);
    private static final int CHANGES = 10_000;
    private static final int MAILS = 6_000;

    private static TestDatabase database;

    @BeforeAll
    static void share(TestDatabase shared) {
        database = shared;
    }

    /** A thousand of each of ten kinds, made at once. */
    private static void fill() throws SQLException {
        execute("""
                INSERT INTO plans (id, code, name, max_usage, interval, created_at, updated_at)
                VALUES ('00000000-0000-4000-8000-000000000001', 'single', 'Single', 1, NULL, now(), now()),
                       ('00000000-0000-4000-8000-000000000002', 'monthly', 'Monthly', 1, 'month', now(), now());
                CREATE TABLE kinds (
                    kind integer, name text, plan text, status text, trial_ends interval, ends interval, grace_ends interval);
                INSERT INTO kinds
                VALUES (0, 'trial ends soon', 'single', 'trialing', '1 day', '1 day', NULL),
                       (1, 'trial goes on soon', 'monthly', 'trialing', '1 day', '1 day', NULL),
                       (2, 'trial ends', 'single', 'trialing', '-1 hour', '-1 hour', NULL),
                       (3, 'trial goes on', 'monthly', 'trialing', '-1 hour', '-1 hour', NULL),
                       (4, 'renewed', 'monthly', 'active', NULL, '-1 hour', NULL),
                       (5, 'renewed three times', 'monthly', 'active', NULL, '-65 days', NULL),
                       (6, 'cancelled at period end', 'monthly', 'active', NULL, '-1 hour', NULL),
                       (7, 'over', 'single', 'active', NULL, '-1 hour', NULL),
                       (8, 'payment awaited in vain', 'monthly', 'active', NULL, '-8 days', '-1 hour'),
                       (9, 'over, user deactivated', 'single', 'active', NULL, '-1 hour', NULL);
                CREATE TABLE population AS
                SELECT number, number % 10 AS kind, gen_random_uuid() AS id, gen_random_uuid() AS user_id
                FROM generate_series(0, 9999) AS number;
                INSERT INTO users (id, email, password_hash, is_active, created_at, updated_at)
                SELECT user_id, 'person' || number || '@example.com', 'h', kind <> 9, now() - interval '1 year', now()
                FROM population;
                BEGIN;
                INSERT INTO subscriptions (id, user_id, plan_id, status, starts_at, trial_ends_at, ends_at, anchored_at,
                                           cancel_at_period_end, cancelled_at, created_at, updated_at)
                SELECT p.id, p.user_id, plan.id, k.status, now() - interval '100 days', now() + k.trial_ends, now() + k.ends,
                       now() + k.ends, k.kind = 6, CASE WHEN k.kind = 6 THEN now() END, now(), now()
                FROM population p
                JOIN kinds k ON k.kind = p.kind
                JOIN plans plan ON plan.code = k.plan;
                UPDATE subscriptions s
                SET status = 'past_due', grace_ends_at = now() + k.grace_ends
                FROM population p
                JOIN kinds k ON k.kind = p.kind
                WHERE p.id = s.id AND k.grace_ends IS NOT NULL;
                COMMIT""");
    }

    @Test
    void each_change_is_made_once_and_each_mail_written_once_though_a_replica_is_killed_half_way() throws SQLException {
        try (ApplicationProcess killed = start(); ApplicationProcess other = start()) {
            fill();
            Awaitility.await("half of it").atMost(WORK).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10))
                    .until(() -> done() >= (CHANGES + MAILS) / 2);
            killed.kill();
            assertThat(done()).as("when the one was killed").isLessThan((CHANGES + MAILS) * 9 / 10);
            Awaitility.await("all of it").atMost(WORK).until(() -> done() >= CHANGES + MAILS
                    && database.text("SELECT count(*) FROM subscription_notices WHERE queued_at IS NULL").equals("0"));
            assertThat(other.isAlive()).isTrue();
            assertThat(other.lines()).noneMatch(line -> line.contains("Run given up"));
        }
        assertThat(database.text("SELECT count(*) FROM subscriptions WHERE due_at <= now()")).isEqualTo("0");
        assertThat(outcomes()).containsExactly(
                "trial ends soon: trialing, changes 0-0, mails 1-1 (trial-ending)",
                "trial goes on soon: trialing, changes 0-0, mails 1-1 (trial-ending)",
                "trial ends: expired, changes 1-1, mails 1-1 (trial-ended)",
                "trial goes on: active, changes 1-1, mails 0-0",
                "renewed: active, changes 1-1, mails 0-0",
                "renewed three times: active, changes 3-3, mails 0-0",
                "cancelled at period end: cancelled, changes 1-1, mails 1-1 (subscription-ended)",
                "over: expired, changes 1-1, mails 1-1 (subscription-ended)",
                "payment awaited in vain: expired, changes 1-1, mails 1-1 (subscription-ended)",
                "over, user deactivated: expired, changes 1-1, mails 0-0");
        assertThat(database.text("SELECT count(*) FROM (SELECT user_id FROM mails GROUP BY user_id, purpose HAVING count(*) > 1) AS twice"))
                .isEqualTo("0");
        assertThat(database.text("""
                SELECT count(*)
                FROM subscriptions s
                WHERE s.version <> (SELECT count(*) FROM subscription_history h WHERE h.subscription_id = s.id)""")).isEqualTo("0");
    }

    /** Of each kind: what became of all of them, and how many changes and mails the least and the most have. */
    private static List<String> outcomes() {
        return database.text("""
                SELECT string_agg(concat(k.name, ': ', o.statuses, ', changes ', o.changes, ', mails ', o.mails, ' (' || o.purposes || ')'),
                                  E'\\n' ORDER BY k.kind)
                FROM kinds k
                JOIN (SELECT p.kind, string_agg(DISTINCT s.status, ' ') AS statuses, min(h.changes) || '-' || max(h.changes) AS changes,
                             min(m.mails) || '-' || max(m.mails) AS mails, string_agg(DISTINCT m.purposes, ' ') AS purposes
                      FROM population p
                      JOIN subscriptions s ON s.id = p.id
                      CROSS JOIN LATERAL (SELECT count(*) AS changes FROM subscription_history
                                          WHERE subscription_id = p.id AND actor = 'system') AS h
                      CROSS JOIN LATERAL (SELECT count(*) AS mails, string_agg(purpose, ' ') AS purposes FROM mails
                                          WHERE user_id = p.user_id) AS m
                      GROUP BY p.kind) AS o ON o.kind = k.kind""").lines().toList();
    }

    private static int done() {
        return Integer.parseInt(database.text("SELECT (SELECT count(*) FROM subscription_history WHERE actor = 'system')"
                + " + (SELECT count(*) FROM mails)"));
    }

    private static ApplicationProcess start() {
        List<Integer> ports = FreePorts.reserve(3);
        Map<String, String> settings = new HashMap<>(Map.of(
                "APP_PORT", ports.get(0).toString(),
                "MANAGEMENT_PORT", ports.get(1).toString(),
                "RABBITMQ_URL", "amqp://127.0.0.1:" + ports.get(2),
                "POSTGRES_HOST", database.host(),
                "POSTGRES_PORT", Integer.toString(database.port()),
                "POSTGRES_DB", database.name(),
                "POSTGRES_USER", database.user(),
                "POSTGRES_PASSWORD", database.password()));
        // few rows at a time, so that the replicas meet often; and nobody looks for the broker
        Map<String, String> routes = TimerRoutes.ofSubscriptions("100ms", 40);
        routes.putAll(TimerRoutes.with("mail-relay", Map.of("{{mail.relay.period}}", "1h")));
        ApplicationProcess replica = ApplicationProcess.start(SubscriptionReplicasFlowTest.class, "api", settings, routes);
        replica.awaitReady(URI.create("http://127.0.0.1:" + ports.get(0) + "/ready"), START);
        return replica;
    }

    private static void execute(String statements) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement prepared = connection.prepareStatement(statements)) {
            prepared.execute();
        }
    }
}
