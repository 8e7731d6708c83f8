package smap.identity.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.api.Test;
import smap.identity.Role;
import smap.identity.settings.Settings;

class RefreshTokensTest {

    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    private final RefreshTokens tokens = new RefreshTokens(SECRET, new SecureRandom());

    @Test
    void a_token_is_256_random_bits_in_letters_a_url_may_hold() {
        Set<String> made = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            made.add(tokens.generate());
        }

        assertThat(made).hasSize(1_000).allSatisfy(token -> assertThat(token).matches("[A-Za-z0-9_-]{43}"));
    }

    @Test
    void a_token_has_one_successor_and_that_another() {
        String first = tokens.generate();
        String second = tokens.successor(first);

        assertThat(second).matches("[A-Za-z0-9_-]{43}").isEqualTo(tokens.successor(first)).isNotEqualTo(first);
        assertThat(tokens.successor(second)).isNotIn(first, second);
    }

    @Test
    void who_does_not_have_the_secret_cannot_tell_a_successor() {
        String first = tokens.generate();

        assertThat(new RefreshTokens(SECRET.replace('0', '1'), new SecureRandom()).successor(first)).isNotEqualTo(tokens.successor(first));
    }

    @Test
    void another_process_with_the_same_secret_knows_the_same_successor() {
        Settings settings = Settings.read(Role.ALL, Map.of("OTP_SECRET", SECRET), new Properties());

        assertThat(RefreshTokens.of(settings, new SecureRandom()).successor("token")).isEqualTo(tokens.successor("token"));
    }

    @Test
    void what_is_kept_of_a_token_is_its_sha_256() {
        assertThat(HexFormat.of().formatHex(tokens.hash("abc")))
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
