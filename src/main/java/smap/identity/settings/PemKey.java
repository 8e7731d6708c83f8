package smap.identity.settings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.RSAKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A key somebody gave in PEM form (RFC 7468), as text or as the name of a file: an RSA key of at least 2048 bits or an Ed25519 key, private
 * (PKCS #8) or public. Immutable and thread-safe.
 *
 * @param privateKey null if only the public half was given
 */
public record PemKey(PrivateKey privateKey, PublicKey publicKey) {

    private static final int LEAST_RSA_BITS = 2_048;
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN (PRIVATE|PUBLIC) KEY-----([A-Za-z0-9+/=\\s]+)-----END \\1 KEY-----");
    private static final List<String> KINDS = List.of("RSA", "Ed25519");

    /**
     * Reads the first key of a text or file. A line may end with the two characters {@code \n}, as environment files have it.
     *
     * @throws IllegalArgumentException if there is none, or one of another kind; the message does not quote it
     */
    public static PemKey read(String textOrFile) {
        String text = textOrFile.contains("-----BEGIN") ? textOrFile.replace("\\n", "\n") : content(textOrFile);
        Matcher block = BLOCK.matcher(text);
        if (!block.find()) {
            throw new IllegalArgumentException("There is no PRIVATE KEY (PKCS #8) or PUBLIC KEY in PEM form");
        }
        byte[] encoded = Base64.getMimeDecoder().decode(block.group(2));
        PemKey key = block.group(1).equals("PRIVATE") ? ofPrivate(encoded) : new PemKey(null, publicKey(encoded));
        if (key.publicKey instanceof RSAKey rsa && rsa.getModulus().bitLength() < LEAST_RSA_BITS) {
            throw new IllegalArgumentException("An RSA key has to have at least " + LEAST_RSA_BITS + " bits");
        }
        return key;
    }

    /** Whether this is the text or file of a key of a kind we use. */
    static boolean isOne(String textOrFile, boolean isPrivate) {
        try {
            return read(textOrFile).privateKey != null || !isPrivate;
        } catch (IllegalArgumentException | UncheckedIOException e) {
            return false;
        }
    }

    private static String content(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("There is no such file", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PemKey ofPrivate(byte[] encoded) {
        PrivateKey key = first(kind -> KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(encoded)));
        try {
            if (key instanceof RSAPrivateCrtKey rsa) {
                RSAPublicKeySpec half = new RSAPublicKeySpec(rsa.getModulus(), rsa.getPublicExponent());
                return new PemKey(key, KeyFactory.getInstance("RSA").generatePublic(half));
            }
            if (key instanceof EdECPrivateKey edwards) {
                return new PemKey(key, publicHalf(edwards));
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("The public half of the key cannot be computed", e);
        }
        throw new IllegalArgumentException("A key has to be an RSA key or an Ed25519 key");
    }

    private static PublicKey publicKey(byte[] encoded) {
        return first(kind -> KeyFactory.getInstance(kind).generatePublic(new X509EncodedKeySpec(encoded)));
    }

    /** Java computes it only while it makes a pair, so it is made to make this one: the seed is all that is drawn (RFC 8032, 5.1.5). */
    private static PublicKey publicHalf(EdECPrivateKey key) throws GeneralSecurityException {
        byte[] seed = key.getBytes().orElseThrow(() -> new IllegalArgumentException("The private key cannot be read"));
        KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
        generator.initialize(NamedParameterSpec.ED25519, new Seed(seed));
        KeyPair pair = generator.generateKeyPair();
        if (!Arrays.equals(seed, ((EdECPrivateKey) pair.getPrivate()).getBytes().orElse(null))) {
            throw new IllegalStateException("This Java draws more than its seed for an Ed25519 key");
        }
        return pair.getPublic();
    }

    private static <T> T first(Reading<T> reading) {
        for (String kind : KINDS) {
            try {
                return reading.as(kind);
            } catch (InvalidKeySpecException e) {
                continue; // not of this kind
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("Every Java 17 has " + kind, e);
            }
        }
        throw new IllegalArgumentException("A key has to be an RSA key or an Ed25519 key");
    }

    @Override
    public String toString() {
        return "PemKey[" + publicKey.getAlgorithm() + ']';
    }

    private interface Reading<T> {
        T as(String kind) throws GeneralSecurityException;
    }

    /** Draws the bytes it was given. */
    private static final class Seed extends SecureRandom {

        private static final long serialVersionUID = 1L;

        private final transient byte[] seed;

        private Seed(byte[] seed) {
            this.seed = seed;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            System.arraycopy(seed, 0, bytes, 0, Math.min(seed.length, bytes.length));
        }
    }
}
