package smap.identity.mail;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Which certificates a mail server may show. Immutable and thread-safe. */
final class SmtpTrust {

    private final SmtpSettings settings;

    SmtpTrust(SmtpSettings settings) {
        this.settings = settings;
    }

    /**
     * Sockets that apply the trust.
     *
     * @return empty when the JVM's own trust is meant
     * @throws IllegalArgumentException if the trust file cannot be read or holds no certificate
     */
    Optional<SSLSocketFactory> socketFactory() {
        if (!settings.verify()) {
            return Optional.of(factory(new TrustManager[] {new AnyCertificate()}));
        }
        if (settings.trustFile() != null) {
            return Optional.of(factory(certificatesOf(settings.trustFile())));
        }
        return Optional.empty();
    }

    private static SSLSocketFactory factory(TrustManager[] trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust, null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JVM has no TLS", e);
        }
    }

    private static TrustManager[] certificatesOf(Path file) {
        try (InputStream pem = Files.newInputStream(file)) {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                trusted.setCertificateEntry("trusted-" + trusted.size(), certificate);
            }
            if (trusted.size() == 0) {
                throw new IllegalArgumentException("trustFile: expected at least one certificate in " + file);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            return factory.getTrustManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("trustFile: expected a readable PEM file at " + file, e);
        }
    }

    /** The extended class, because the JDK adds its own checks around the simple interface. */
    private static final class AnyCertificate extends X509ExtendedTrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
