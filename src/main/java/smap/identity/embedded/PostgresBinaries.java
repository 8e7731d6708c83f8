package smap.identity.embedded;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs for this machine, unpacked once below a directory that the caller holds alone.
 *
 * <p>Zonky's own launcher unpacks in place and takes what is there for whole; a first run that is stopped half-way would
 * leave a server that never starts. Here an archive is unpacked aside and moved into place when it is complete.
 */
final class PostgresBinaries {

    private static final int OWNER_EXECUTES = 0100;

    private final Path directory;
    private final String system;
    private final String machine;

    PostgresBinaries(Path directory) {
        this(directory, system(), System.getProperty("os.arch"));
    }

    /** @param system {@code Linux} or {@code Darwin}, as in the archives' names; @param machine as in {@code os.arch} */
    PostgresBinaries(Path directory, String system, String machine) {
        this.directory = directory;
        this.system = system;
        this.machine = machine;
    }

    /**
     * The directory that holds {@code bin/}.
     *
     * @throws EmbeddedServerException when there are no programs for this machine
     */
    Path unpacked() throws IOException, InterruptedException {
        Path target = directory.resolve(fingerprint());
        if (!Files.isDirectory(target)) {
            // another version's, and what a stopped run has left
            deleteTree(directory);
            Path partial = Files.createDirectories(directory).resolve("partial");
            unpack(partial);
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        }
        return target;
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        List<Path> deepestFirst;
        try (Stream<Path> tree = Files.walk(root)) {
            deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : deepestFirst) {
            Files.deleteIfExists(path);
        }
    }

    private String fingerprint() throws IOException {
        // it tells one release from the next; nobody is kept out by it
        try (CheckedInputStream archive = new CheckedInputStream(archive(), new CRC32())) {
            archive.transferTo(OutputStream.nullOutputStream());
            return Long.toHexString(archive.getChecksum().getValue());
        }
    }

    private InputStream archive() throws IOException {
        try {
            return DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, "amd64".equals(machine) ? "x86_64" : machine);
        } catch (IllegalStateException e) {
            throw new EmbeddedServerException("There are no embedded PostgreSQL programs for " + system + " on " + machine
                    + ". Set POSTGRES_HOST to a PostgreSQL server.", e);
        }
    }

    private void unpack(Path target) throws IOException, InterruptedException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(archive()))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("the archive has an entry outside its directory: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else if (entry.isLink()) {
                    Files.createLink(path, target.resolve(entry.getLinkName()).normalize());
                } else {
                    Files.copy(tar, path);
                    if ((entry.getMode() & OWNER_EXECUTES) != 0 && !path.toFile().setExecutable(true, true)) {
                        throw new IOException("cannot make " + path + " executable");
                    }
                }
            }
        }
        for (String program : Set.of("initdb", "pg_ctl", "postgres")) {
            if (!Files.isExecutable(target.resolve("bin").resolve(program))) {
                throw new IOException("the archive has no program " + program);
            }
        }
    }

    private static String system() {
        String name = System.getProperty("os.name");
        return name.startsWith("Mac") ? "Darwin" : name.startsWith("Windows") ? "Windows" : name;
    }
}
