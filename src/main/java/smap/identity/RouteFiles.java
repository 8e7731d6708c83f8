package smap.identity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Which route files a process loads: the packaged ones of its folders, each replaced by the file of the same name under the overlay
 * directory if there is one there, and whatever else lies in the overlay. A file that replaces one of another role's is left alone.
 * Immutable.
 */
public final class RouteFiles {

    private static final List<String> ENDINGS = List.of(".camel.yaml", ".camel.xml");

    private static final String BEANS = "-beans";

    private final List<String> folders;
    private final Path overlay;

    /**
     * @param folders folders below {@code routes/} in the artifact
     * @param overlay directory whose files go before the packaged ones; need not exist
     */
    public RouteFiles(List<String> folders, Path overlay) {
        this.folders = folders;
        this.overlay = overlay;
    }

    /**
     * Where each file is loaded from ({@code classpath:} or {@code file:}), by its base name: beans before the routes that use them, the
     * shared ones first.
     */
    public Map<String, String> locations() {
        Map<String, String> packaged = packaged();
        Map<String, String> locations = new TreeMap<>(Comparator.comparing((String name) -> !name.endsWith(BEANS))
                .thenComparing(name -> packaged.containsKey(name) ? folders.indexOf(folder(packaged.get(name))) : folders.size())
                .thenComparing(Comparator.naturalOrder()));
        packaged.forEach((name, location) -> {
            if (folders.contains(folder(location))) {
                locations.put(name, location);
            }
        });
        overlaid().forEach((name, location) -> {
            if (locations.containsKey(name) || !packaged.containsKey(name)) {
                locations.put(name, location);
            }
        });
        return locations;
    }

    private static String folder(String location) {
        return location.split("/")[1];
    }

    private Map<String, String> overlaid() {
        if (!Files.isDirectory(overlay)) {
            return Map.of();
        }
        return list(overlay, file -> "file:" + file);
    }

    private static Map<String, String> packaged() {
        try {
            URI routes = RouteFiles.class.getResource("/routes/shared").toURI();
            if (!"jar".equals(routes.getScheme())) {
                Path root = Path.of(routes).getParent();
                return list(root, file -> "classpath:routes/" + slashed(root.relativize(file)));
            }
            try (FileSystem jar = FileSystems.newFileSystem(routes, Map.of())) {
                return list(jar.getPath("/routes"), file -> "classpath:" + file.toString().substring(1));
            }
        } catch (URISyntaxException | IOException e) {
            throw new IllegalStateException("The artifact's routes cannot be listed", e);
        }
    }

    private static String slashed(Path path) {
        return path.toString().replace('\\', '/');
    }

    private static Map<String, String> list(Path directory, Function<Path, String> location) {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            files.filter(Files::isRegularFile)
                    .filter(file -> ENDINGS.stream().anyMatch(file.toString()::endsWith))
                    .forEach(file -> found.put(baseName(file), location.apply(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static String baseName(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - ENDINGS.get(0).length() + (name.endsWith(ENDINGS.get(1)) ? 1 : 0));
    }
}
