package smap.identity.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A self-signed certificate made for one test run. Immutable and thread-safe. */
public final class LocalhostCertificate {

    private static final char[] PASSWORD = "changeit".toCharArray();

    private final KeyStore keyStore;

    private LocalhostCertificate(KeyStore keyStore) {
        this.keyStore = keyStore;
    }

    /** A certificate for {@code localhost} and 127.0.0.1, valid for two days. */
    public static LocalhostCertificate create() {
        return createFor("localhost", "dns:localhost,ip:127.0.0.1");
    }

    /** A certificate for another host than the one the tests connect to. */
    public static LocalhostCertificate createForOtherHost() {
        return createFor("other.example", "dns:other.example");
    }

    private static LocalhostCertificate createFor(String name, String alternativeNames) {
        try {
            Path directory = Files.createTempDirectory("certificate");
            Path file = directory.resolve("server.p12");
            try {
                // The JDK has no public class that signs a certificate, only this tool.
                Process keytool = new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "server",
                                "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "SAN=" + alternativeNames, "-validity", "2",
                                "-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", new String(PASSWORD))
                        .redirectErrorStream(true)
                        .start();
                String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (keytool.waitFor() != 0) {
                    throw new IllegalStateException(output);
                }
                KeyStore keyStore = KeyStore.getInstance("PKCS12");
                try (InputStream in = Files.newInputStream(file)) {
                    keyStore.load(in, PASSWORD);
                }
                return new LocalhostCertificate(keyStore);
            } finally {
                Files.deleteIfExists(file);
                Files.delete(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What a client needs in order to trust it. */
    public String pem() {
        try {
            byte[] certificate = keyStore.getCertificate("server").getEncoded();
            return "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate)
                    + "\n-----END CERTIFICATE-----\n";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a server needs in order to show it. */
    public SSLContext serverContext() {
        try {
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(keyStore, PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
