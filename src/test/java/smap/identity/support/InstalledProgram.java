package smap.identity.support;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs of this machine that some tests need and others do without. */
final class InstalledProgram {

    private InstalledProgram() {}

    /**
     * The first executable by one of these names.
     *
     * @param variable environment variable that names the file; where it is set, nothing else is looked at
     * @param first directories looked into before {@code PATH}
     * @param last directories looked into after it
     */
    static Optional<Path> find(String variable, List<String> first, List<String> last, String... names) {
        String named = System.getenv(variable);
        if (named != null && !named.isBlank()) {
            return Optional.of(Path.of(named)).filter(Files::isExecutable);
        }
        return Stream.of(first.stream(), path(), last.stream())
                .flatMap(directories -> directories)
                .flatMap(directory -> Stream.of(names).map(name -> Path.of(directory, name)))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    private static Stream<String> path() {
        String path = System.getenv("PATH");
        return path == null ? Stream.empty() : Stream.of(path.split(File.pathSeparator)).filter(part -> !part.isBlank());
    }
}
