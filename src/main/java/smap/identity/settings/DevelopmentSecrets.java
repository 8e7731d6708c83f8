package smap.identity.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Keys for a process nobody gave any: made at random at the first start and kept beside the embedded data, so that tokens and codes
 * outlive a restart and no two clones share a key. Production has to name its own.
 */
public final class DevelopmentSecrets {

    private static final int BYTES = 32;

    private final Path home;
    private final SecureRandom random;

    public DevelopmentSecrets(Path home, SecureRandom random) {
        this.home = home;
        this.random = random;
    }

    /**
     * The secret of this name, from its file or new.
     *
     * @throws IOException if the file can be neither read nor written
     */
    public String secret(String name) throws IOException {
        Path file = home.resolve(name);
        if (!Files.exists(file)) {
            Files.createDirectories(home);
            byte[] secret = new byte[BYTES];
            random.nextBytes(secret);
            Files.writeString(file, HexFormat.of().formatHex(secret), StandardOpenOption.CREATE_NEW);
            if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
        }
        return Files.readString(file).strip();
    }
}
