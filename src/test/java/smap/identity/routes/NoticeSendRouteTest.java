package smap.identity.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.UUID;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import smap.identity.mail.MailTemplates;

class NoticeSendRouteTest extends RouteTestSupport {

    private static final String INSERT = "mail/insert-notice";
    private static final UUID MAIL = UUID.fromString("7a4c1d2e-0000-4000-8000-000000000002");

    NoticeSendRouteTest() {
        super("api/notice-send");
    }

    @Override
    Map<String, String> settings() {
        return Map.of("notice.period", "3h", "mail.relay.delay", "7s");
    }

    @Override
    void bind(Registry beans) {
        beans.bind("mailTemplates", new MailTemplates());
    }

    @Test
    void the_owner_is_told_in_the_language_of_the_request() {
        sql(INSERT).answers(MAIL);

        tell().succeeded(200);

        Map<String, Object> stored = sql(INSERT).parameters();
        assertThat(stored).containsEntry("template", "account-exists").containsEntry("variable.user[id]", "1")
                .containsEntry("variable.user[email]", "ann@example.com")
                .containsEntry("notice_period", "3h").containsEntry("relay_delay", "7s")
                .containsEntry("now", NOW).containsEntry("traceparent", TRACEPARENT);
        assertThat(stored.get("job").toString()).contains("Bạn đã có tài khoản", "192.0.2.7");
        await().until(() -> visited().size() == 2);
        assertThat(direct("mail-hand-over").variables()).containsEntry("mail_id", MAIL);
    }

    @Test
    void who_was_told_a_short_while_ago_is_not_told_again() {
        tell().succeeded(200);

        assertThat(visited()).containsExactly("sql:" + INSERT);
    }

    private Answer tell() {
        return request(Map.of("template", "account-exists", "user", Map.of("id", "1", "email", "ann@example.com", "full_name", "Ann"),
                "lang", "vi", "remote_address", "192.0.2.7"));
    }
}
