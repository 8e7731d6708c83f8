package smap.identity.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class UserSqlTest extends SqlTestSupport {

    private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T09:00:00.123456Z");

    @Test
    void a_new_user_is_answered_with_the_whole_envelope_and_without_the_hash() {
        String answer = insert("Ann@Example.com", "Nguyễn \"Ann\"");

        String id = sql.text("SELECT id FROM users");
        assertThat(answer).isEqualTo("""
                {"error_code" : 0, "message" : "Success", "data" : {"id" : "%s", "email" : "Ann@Example.com", "full_name" : \
                "Nguyễn \\"Ann\\"", "role" : "USER", "is_active" : false, "created_at" : "2026-11-23T09:00:00.123Z", \
                "updated_at" : "2026-11-23T09:00:00.123Z"}}""".formatted(id));
    }

    @Test
    void a_user_needs_no_name() {
        assertThat(insert("ann@example.com", null)).contains("\"full_name\" : null");
    }

    @Test
    void the_language_is_kept_for_mails_that_nobody_asks_for_and_shown_to_nobody() {
        Map<String, Object> vietnamese = registration("ann@example.com", "Ann", "false");
        vietnamese.put("language", "vi");

        assertThat(sql.row("user/insert.sql", vietnamese).get("answer").toString()).doesNotContain("language");
        insert("bob@example.com", "Bob");

        assertThat(sql.text("SELECT string_agg(email || ' ' || coalesce(language, 'none'), ', ' ORDER BY email) FROM users"))
                .isEqualTo("ann@example.com vi, bob@example.com none");
    }

    @Test
    void who_tries_to_register_somebody_elses_address_changes_nobodys_language() {
        insert("ann@example.com", null);
        Map<String, Object> stranger = registration("ann@example.com", "Eve", "true");
        stranger.put("language", "vi");

        sql.row("user/insert.sql", stranger);

        assertThat(sql.text("SELECT language FROM users")).isNull();
    }

    @Test
    void an_address_is_taken_whatever_its_case() {
        insert("ann@example.com", null);

        assertThat(insert("ANN@Example.COM", null)).isNull();
        assertThat(count()).isEqualTo("1");
    }

    @Test
    void where_nobody_is_to_be_told_the_answer_is_the_same_for_a_new_address_and_a_taken_one() {
        Map<String, Object> created = sql.row("user/insert.sql", registration("ann@example.com", "Ann", "true"));
        Map<String, Object> taken = sql.row("user/insert.sql", registration("ann@example.com", "Eve", "true"));

        assertThat(created).isEqualTo(Map.of("is_new", true,
                "answer", "{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : {\"email\" : \"ann@example.com\"}}"));
        assertThat(taken).isEqualTo(Map.of("is_new", false, "answer", created.get("answer")));
        assertThat(sql.text("SELECT string_agg(full_name, ',') FROM users")).isEqualTo("Ann");
    }

    @Test
    void a_registration_is_audited_and_so_is_one_that_finds_the_address_taken() {
        insert("ann@example.com", null);
        insert("ANN@example.com", null);

        String id = sql.text("SELECT id FROM users");
        assertThat(sql.text("SELECT string_agg(concat_ws(' ', rfc3339(at), actor, action, subject, address), ',' ORDER BY id)"
                + " FROM audit_events"))
                .isEqualTo("2026-11-23T09:00:00.123Z " + id + " authentication-register " + id + " 192.0.2.7,"
                        + "2026-11-23T09:00:00.123Z anonymous register-refuse " + id + " 192.0.2.7");
    }

    @Test
    void the_address_of_a_deleted_user_is_free_again() {
        insert("ann@example.com", null);
        delete("ann@example.com");

        assertThat(insert("Ann@example.com", null)).isNotNull();
        assertThat(count()).isEqualTo("2");
    }

    @Test
    void of_a_hundred_parallel_registrations_of_one_address_in_different_case_one_succeeds() {
        List<String> spellings = List.of("ann@example.com", "Ann@example.com", "ANN@EXAMPLE.COM", "aNN@Example.com");
        AtomicInteger next = new AtomicInteger();
        List<String> answers = StatementRunner.inParallel(
                100, () -> String.valueOf(insert(spellings.get(next.getAndIncrement() % spellings.size()), null)));

        assertThat(answers).filteredOn(answer -> answer.startsWith("{")).hasSize(1);
        assertThat(answers).filteredOn("null"::equals).hasSize(99);
        assertThat(count()).isEqualTo("1");
    }

    @Test
    void text_that_looks_like_a_statement_or_an_expression_is_kept_as_it_is() {
        String name = "'); DROP TABLE users; -- :#now ${variable.password_hash} ?";

        insert("o'neil@example.com", name);

        assertThat(find("o'neil@example.com")).containsEntry("full_name", name);
    }

    @Test
    void a_user_is_found_by_address_in_any_case() {
        insert("Ann@example.com", "Ann");

        Map<String, Object> user = find("aNN@EXAMPLE.com");

        assertThat(user).containsOnlyKeys(
                        "id", "email", "password_hash", "full_name", "role", "is_active", "deactivated_at", "password_changed_at", "json")
                .containsEntry("email", "Ann@example.com")
                .containsEntry("password_hash", "hash of Ann@example.com")
                .containsEntry("full_name", "Ann")
                .containsEntry("role", "USER")
                .containsEntry("is_active", false);
        assertThat(user.get("id")).isInstanceOf(UUID.class);
        assertThat(user.get("json").toString()).startsWith("{\"id\" : \"" + user.get("id") + "\"").doesNotContain("hash of");
    }

    @Test
    void nobody_is_found_by_an_unknown_or_a_deleted_address() {
        insert("ann@example.com", null);
        delete("ann@example.com");

        assertThat(find("ann@example.com")).isNull();
        assertThat(find("bob@example.com")).isNull();
    }

    @Test
    void a_hash_is_replaced_while_it_is_the_one_that_was_read() {
        insert("ann@example.com", null);
        Map<String, Object> user = find("ann@example.com");

        assertThat(rehash(user, "new hash")).isOne();

        assertThat(find("ann@example.com")).containsEntry("password_hash", "new hash");
        assertThat(sql.text("SELECT rfc3339(updated_at) FROM users")).isEqualTo("2026-11-23T10:00:00.123Z");
    }

    @Test
    void a_hash_is_left_alone_when_the_password_was_changed_in_between() {
        insert("ann@example.com", null);
        Map<String, Object> user = find("ann@example.com");
        sql.execute("UPDATE users SET password_hash = 'changed'");

        assertThat(rehash(user, "new hash")).isZero();

        assertThat(find("ann@example.com")).containsEntry("password_hash", "changed");
    }

    @Test
    void a_hash_is_replaced_for_that_user_only() {
        insert("ann@example.com", null);
        insert("bob@example.com", null);
        sql.execute("UPDATE users SET password_hash = 'the same'");

        rehash(find("ann@example.com"), "new hash");

        assertThat(find("bob@example.com")).containsEntry("password_hash", "the same");
    }

    @Test
    void an_active_user_is_shown() {
        insert("ann@example.com", "Ann");
        sql.execute("UPDATE users SET is_active = true");

        assertThat(show(find("ann@example.com").get("id"))).asString()
                .startsWith("{\"error_code\" : 0, \"message\" : \"Success\", \"data\" : {\"id\"")
                .contains("\"email\" : \"ann@example.com\"", "\"is_active\" : true");
    }

    @Test
    void a_user_who_is_inactive_deleted_or_unknown_is_not_shown() {
        insert("ann@example.com", null);
        Object id = find("ann@example.com").get("id");
        assertThat(show(id)).isNull();

        sql.execute("UPDATE users SET is_active = true");
        delete("ann@example.com");
        assertThat(show(id)).isNull();

        assertThat(show(UUID.randomUUID())).isNull();
    }

    @Test
    void the_callers_account_is_found_with_its_hash_while_it_is_active_and_living() {
        insert("ann@example.com", "Ann");
        Object id = find("ann@example.com").get("id");
        assertThat(findById(id)).isNull();

        sql.execute("UPDATE users SET is_active = true");
        assertThat(findById(id)).isEqualTo(Map.of("id", id, "email", "ann@example.com", "password_hash", "hash of ann@example.com",
                "full_name", "Ann", "role", "USER"));
        delete("ann@example.com");
        assertThat(findById(id)).isNull();
    }

    @Test
    void a_name_is_changed_and_removed() {
        insert("ann@example.com", "Ann");
        insert("bob@example.com", "Bob");
        sql.execute("UPDATE users SET is_active = true");
        Object id = find("ann@example.com").get("id");

        assertThat(rename(id, "Nguyễn").toString())
                .contains("\"full_name\" : \"Nguyễn\"", "\"updated_at\" : \"2026-11-23T10:00:00.123Z\"");
        assertThat(rename(id, null).toString()).contains("\"full_name\" : null");
        assertThat(find("bob@example.com")).containsEntry("full_name", "Bob");
    }

    @Test
    void nobody_who_is_inactive_or_deleted_is_changed() {
        insert("ann@example.com", "Ann");
        Object id = find("ann@example.com").get("id");
        assertThat(rename(id, "Bea")).isNull();

        sql.execute("UPDATE users SET is_active = true, deleted_at = ?", NOW);
        assertThat(rename(id, "Bea")).isNull();
        assertThat(sql.text("SELECT full_name FROM users")).isEqualTo("Ann");
    }

    private static Object rename(Object id, String name) {
        Map<String, Object> variables = new HashMap<>(Map.of("caller_id", id, "now", NOW.plusHours(1)));
        variables.put("full_name", name);
        return sql.one("user/update.sql", variables);
    }

    private static Map<String, Object> findById(Object id) {
        return sql.row("user/find-by-id.sql", Map.of("caller_id", id));
    }

    private static String insert(String email, String fullName) {
        return (String) sql.row("user/insert.sql", registration(email, fullName, "false")).get("answer");
    }

    private static Map<String, Object> registration(String email, String fullName, String safe) {
        Map<String, Object> variables = new HashMap<>(Map.of("email", email, "password_hash", "hash of " + email, "now", NOW,
                "enumeration_safe", safe, "remote_address", "192.0.2.7"));
        variables.put("full_name", fullName);
        return variables;
    }

    private static Map<String, Object> find(String email) {
        return sql.row("user/find-by-email.sql", Map.of("email", email));
    }

    private static int rehash(Map<String, Object> user, String hash) {
        return sql.change("user/rehash.sql", Map.of("user", user, "password_hash", hash, "now", NOW.plusHours(1)));
    }

    private static Object show(Object id) {
        return sql.one("user/show.sql", Collections.singletonMap("caller_id", id));
    }

    private static void delete(String email) {
        sql.execute("UPDATE users SET deleted_at = ? WHERE email = ?", NOW, email);
    }

    private static String count() {
        return sql.text("SELECT count(*) FROM users");
    }
}
