package smap.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeadLetterRequestTest {

    @Test
    void a_list_has_the_filters_of_the_operation() {
        assertThat(read("list")).isEqualTo(new DeadLetterRequest("dead-letter-list", "GET", "/dead-letters", Map.of(), null));
        assertThat(read("list", "--status=dead,replayed", "--reason=unknown", "--purpose=bulk", "--recipient=a=b@c.de", "--created-from=x",
                "--created-to=", "--page=2", "--limit=many").query()).isEqualTo(Map.of(
                "statuses", "dead,replayed", "reasons", "unknown", "purposes", "bulk", "recipient", "a=b@c.de", "created_from", "x",
                "created_to", "", "page", "2", "limit", "many"));
    }

    @Test
    void one_is_shown_replayed_or_discarded_by_its_id() {
        assertThat(read("show", "7a")).isEqualTo(new DeadLetterRequest("dead-letter-show", "GET", "/dead-letters/7a", Map.of(), null));
        assertThat(read("show", "--body", "7a").query()).isEqualTo(Map.of("include", "body"));
        assertThat(read("replay", "7a"))
                .isEqualTo(new DeadLetterRequest("dead-letter-replay-one", "POST", "/dead-letters/7a/replay", Map.of(), null));
        assertThat(read("discard", "7a", "--reason=it's gone")).isEqualTo(
                new DeadLetterRequest("dead-letter-discard", "DELETE", "/dead-letters/7a", Map.of("reason", "it's gone"), null));
    }

    @Test
    void an_id_stays_one_segment_of_the_path() {
        assertThat(read("show", "../mails?x#y z").path()).isEqualTo("/dead-letters/..%2Fmails%3Fx%23y%20z");
    }

    @Test
    void many_are_replayed_by_a_body() {
        DeadLetterRequest all = read("replay", "--all", "--reason=exhausted,unknown", "--recipient=a@b.cd", "--rate=50", "--dry-run");

        assertThat(all.operation()).isEqualTo("dead-letter-replay-many");
        assertThat(all.method() + " " + all.path()).isEqualTo("POST /dead-letters/replay");
        assertThat(all.body()).contains(
                "\"dry_run\":true", "\"reasons\":[\"exhausted\",\"unknown\"]", "\"recipient\":\"a@b.cd\"", "\"rate\":50");
        assertThat(read("replay", "--all", "--rate=fast").body()).contains("\"dry_run\":false", "\"rate\":\"fast\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "lists", "list 7a", "list --body", "list --limit", "list --limit=1 --limit=2", "show", "show 7a 8b",
        "show 7a --body=yes", "show 7a --all", "replay", "replay 7a --all", "replay 7a --rate=5", "replay --all=yes",
        "replay --all --limit=5", "replay --rate=5", "replay --all --rate", "discard 7a", "discard --reason=x",
        "discard 7a --reason", "discard 7a --reason=x --body", "show 7a -body", "show 7a --"})
    void anything_else_is_wrong_usage(String words) {
        assertThat(DeadLetterRequest.read(words.isEmpty() ? List.of() : List.of(words.split(" ")))).isEmpty();
    }

    private static DeadLetterRequest read(String... words) {
        return DeadLetterRequest.read(List.of(words)).orElseThrow();
    }
}
