package smap.identity.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The directory of the embedded servers (SMAP_HOME), held by one process at a time. Whoever holds it may take every
 * process and every half-made file found inside for a remnant of a killed run.
 *
 * <p>The operating system drops the lock with the process, so that a killed run leaves nothing to clean up by hand.
 * Thread-safe.
 */
public final class EmbeddedHome implements AutoCloseable {

    private static final String LOCK = "lock";
    private static final String PID = "pid";

    private final Path directory;
    private final FileChannel channel;

    private EmbeddedHome(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Makes the directory, readable by its owner only, unless it is there, and takes it.
     *
     * @throws EmbeddedServerException when another process holds it, or it cannot be written
     */
    public static EmbeddedHome open(Path path) {
        Path directory = path.toAbsolutePath().normalize();
        try {
            Files.createDirectories(directory, ownerOnly("rwx------"));
            FileChannel channel = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (!locked(channel)) {
                    throw inUse(directory);
                }
                // beside the lock, because on some systems a locked file cannot be read by others
                Files.writeString(directory.resolve(PID), ProcessHandle.current().pid() + "\n");
                return new EmbeddedHome(directory, channel);
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new EmbeddedServerException("The directory of the embedded servers, " + directory + ", cannot be used (" + e
                    + "). Make it writable, or set SMAP_HOME to another directory.", e);
        }
    }

    /** The absolute path. */
    public Path directory() {
        return directory;
    }

    /** Gives the directory back; what is in it stays. */
    @Override
    public void close() {
        try {
            if (channel.isOpen()) {
                Files.deleteIfExists(directory.resolve(PID));
                channel.close();
            }
        } catch (IOException e) {
            throw new EmbeddedServerException("The lock of " + directory + " cannot be released (" + e + ").", e);
        }
    }

    /** No attribute where the file system knows no POSIX permissions. */
    static FileAttribute<?>[] ownerOnly(String permissions) {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            return new FileAttribute<?>[0];
        }
        return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))};
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static EmbeddedServerException inUse(Path directory) {
        return new EmbeddedServerException("The directory of the embedded servers, " + directory + ", is in use by " + owner(directory)
                + ". Stop that process, or set SMAP_HOME to another directory,"
                + " or configure POSTGRES_HOST, RABBITMQ_URL and SMTP_HOST so that no embedded server is needed.");
    }

    private static String owner(Path directory) {
        try {
            return "process " + Long.parseLong(Files.readString(directory.resolve(PID), StandardCharsets.US_ASCII).strip());
        } catch (IOException | NumberFormatException e) {
            return "another process";
        }
    }
}
