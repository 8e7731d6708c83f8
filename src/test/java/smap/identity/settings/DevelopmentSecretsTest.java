package smap.identity.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DevelopmentSecretsTest {

    @TempDir
    private Path directory;

    @Test
    void a_secret_is_made_at_random_and_kept() throws IOException {
        Path home = directory.resolve("not/there/yet");

        String secret = new DevelopmentSecrets(home, new SecureRandom()).secret("jwt.secret");

        assertThat(secret).matches("[0-9a-f]{64}");
        assertThat(new DevelopmentSecrets(home, new SecureRandom()).secret("jwt.secret")).isEqualTo(secret);
    }

    @Test
    void no_two_names_or_homes_share_a_secret() throws IOException {
        DevelopmentSecrets secrets = new DevelopmentSecrets(directory.resolve("a"), new SecureRandom());

        assertThat(secrets.secret("jwt.secret"))
                .isNotEqualTo(secrets.secret("otp.secret"))
                .isNotEqualTo(new DevelopmentSecrets(directory.resolve("b"), new SecureRandom()).secret("jwt.secret"));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void only_its_owner_may_read_it() throws IOException {
        new DevelopmentSecrets(directory, new SecureRandom()).secret("jwt.secret");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("jwt.secret")))).isEqualTo("rw-------");
    }
}
