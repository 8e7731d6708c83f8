package smap.identity.support;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The product's classes as a JVM has read and checked them once, below {@code target/class-archive}: with it a process starts with three
 * quarters of the processor time. One run of the product makes it when {@code -Dclass.archive=true}, as in a build of all tests; without
 * it, or when it is of other classes, processes start as ever. Thread-safe, among the processes of a build too.
 */
final class ClassArchive {

    private static final Path DIRECTORY = Path.of("target", "class-archive").toAbsolutePath();
    private static final Duration START = Duration.ofSeconds(120);

    private static boolean wanted = Boolean.getBoolean("class.archive");

    private final String classPath;
    private final Path classes;
    private final Path jar;
    private final Path archive;

    private ClassArchive(String classPath) throws IOException {
        List<Path> entries = Stream.of(classPath.split(File.pathSeparator)).map(Path::of).toList();
        this.classes = entries.stream().filter(Files::isDirectory).findFirst().orElseThrow(() -> new IOException("no classes of ours"));
        Path directory = DIRECTORY.resolve(identity(classPath, classes));
        this.jar = directory.resolve("product.jar");
        this.archive = directory.resolve("product.jsa");
        // An archive knows jars only, no directories.
        this.classPath = entries.stream().map(entry -> entry.equals(classes) ? jar : entry).map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** The options of a JVM that runs the product from this class path. */
    static synchronized List<String> options(String classPath) {
        try {
            ClassArchive shared = new ClassArchive(classPath);
            if (wanted && !Files.exists(shared.archive)) {
                shared.makeUnlessAnotherDoes();
            }
            if (Files.exists(shared.archive)) {
                // What it says of an archive it cannot use would stand among the product's lines.
                return List.of("-XX:SharedArchiveFile=" + shared.archive, "-Xlog:cds*=off", "-cp", shared.classPath);
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            wanted = false;
            System.err.println("processes start without an archive of classes: " + e);
        }
        return List.of("-cp", classPath);
    }

    private void makeUnlessAnotherDoes() throws IOException {
        Files.createDirectories(jar.getParent());
        try (FileChannel channel = FileChannel.open(DIRECTORY.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock != null && !Files.exists(archive)) {
                make();
            }
        }
    }

    private void make() throws IOException {
        ToolProvider.findFirst("jar").orElseThrow(() -> new IOException("no jar tool"))
                .run(System.out, System.err, "--create", "--no-compress", "--file=" + jar, "-C", classes.toString(), ".");
        Path unfinished = archive.resolveSibling("unfinished.jsa");
        List<Integer> ports = FreePorts.reserve(2);
        try (ApplicationProcess product = ApplicationProcess.start(ClassArchive.class, ApplicationProcess.PRODUCT,
                List.of("-XX:ArchiveClassesAtExit=" + unfinished, "-cp", classPath), "all",
                Map.of("APP_PORT", ports.get(0).toString(), "MANAGEMENT_PORT", ports.get(1).toString()), Map.of())) {
            product.awaitReady(URI.create("http://127.0.0.1:" + ports.get(0) + "/ready"), START);
            product.terminate();
        }
        Files.move(unfinished, archive);
    }

    /** Another one for other classes, libraries or another Java. */
    private static String identity(String classPath, Path classes) throws IOException {
        try (Stream<Path> files = Files.walk(classes)) {
            String all = files.filter(Files::isRegularFile).sorted().map(ClassArchive::sizeAndTime)
                    .collect(Collectors.joining("\n", System.getProperty("java.vm.version") + "\n" + classPath + "\n", ""));
            return UUID.nameUUIDFromBytes(all.getBytes(StandardCharsets.UTF_8)).toString();
        }
    }

    private static String sizeAndTime(Path file) {
        try {
            return file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
