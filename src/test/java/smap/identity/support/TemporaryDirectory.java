package smap.identity.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory of its own under the system's temporary one, gone with all it holds after {@link #close()}.
 *
 * @param path where it is
 */
public record TemporaryDirectory(Path path) implements AutoCloseable {

    public static TemporaryDirectory named(String prefix) {
        try {
            return new TemporaryDirectory(Files.createTempDirectory(prefix + "-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A directory inside this one. */
    public Path directory(String name) {
        try {
            return Files.createDirectories(path.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file inside this one. */
    public Path file(String name, String content) {
        try {
            return Files.writeString(path.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        // A dying process may still add or remove a file while we walk: what could not be deleted in one pass goes in the next.
        for (int pass = 0; pass < 3 && Files.exists(path); pass++) {
            deepestFirst().forEach(TemporaryDirectory::deleteIfPossible);
        }
    }

    private List<Path> deepestFirst() {
        try (Stream<Path> all = Files.walk(path)) {
            return all.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException e) {
            return List.of(path);
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    private static void deleteIfPossible(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Left for the next pass; the system's own cleaning takes what is left after the last one.
            return;
        }
    }
}
