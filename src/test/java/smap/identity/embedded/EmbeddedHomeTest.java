package smap.identity.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedHomeTest {

    @TempDir
    private Path temporary;

    @Test
    void the_directory_is_made_for_its_owner_only() throws IOException {
        try (EmbeddedHome home = EmbeddedHome.open(temporary.resolve("a/b"))) {
            assertThat(home.directory()).isAbsolute().isDirectory();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.directory()))).isEqualTo("rwx------");
        }
    }

    @Test
    void a_second_holder_is_told_who_has_it_and_what_to_do() {
        try (EmbeddedHome home = EmbeddedHome.open(temporary)) {
            assertThatThrownBy(() -> EmbeddedHome.open(temporary))
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining(home.directory().toString())
                    .hasMessageContaining("in use by process " + ProcessHandle.current().pid())
                    .hasMessageContaining("SMAP_HOME")
                    .hasMessageContaining("POSTGRES_HOST, RABBITMQ_URL and SMTP_HOST");
        }
    }

    @Test
    void another_process_is_told_who_has_it() throws Exception {
        try (ChildProcess child = ChildProcess.holdingHome(temporary)) {
            child.awaitLine("holding");

            assertThatThrownBy(() -> EmbeddedHome.open(temporary)).hasMessageContaining("in use by process " + child.pid() + ".");
        }
    }

    @Test
    void a_killed_holder_leaves_it_free() throws Exception {
        try (ChildProcess child = ChildProcess.holdingHome(temporary)) {
            child.awaitLine("holding");
            child.kill();
        }

        EmbeddedHome.open(temporary).close();
    }

    @Test
    void it_can_be_taken_again_after_it_was_given_back() {
        EmbeddedHome.open(temporary).close();
        EmbeddedHome.open(temporary).close();

        assertThat(temporary.resolve("pid")).doesNotExist();
    }

    @Test
    void a_path_that_is_a_file_is_refused_with_its_name() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));

        assertThatThrownBy(() -> EmbeddedHome.open(file))
                .isInstanceOf(EmbeddedServerException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("SMAP_HOME");
    }
}
