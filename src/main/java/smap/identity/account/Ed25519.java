package smap.identity.account;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.impl.BaseJWSProvider;
import com.nimbusds.jose.util.Base64URL;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Set;

/** EdDSA with Ed25519 (RFC 8037) by the JDK itself: the JOSE library would want another library for it. Thread-safe. */
final class Ed25519 extends BaseJWSProvider implements JWSSigner, JWSVerifier {

    private static final String NAME = "Ed25519";

    private final PrivateKey privateKey;
    private final PublicKey publicKey;

    /** @param privateKey null if this only verifies */
    Ed25519(PrivateKey privateKey, PublicKey publicKey) {
        super(Set.of(JWSAlgorithm.EdDSA));
        this.privateKey = privateKey;
        this.publicKey = publicKey;
    }

    @Override
    public Base64URL sign(JWSHeader header, byte[] input) throws JOSEException {
        try {
            Signature signature = Signature.getInstance(NAME);
            signature.initSign(privateKey);
            signature.update(input);
            return Base64URL.encode(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new JOSEException(e.getMessage(), e);
        }
    }

    @Override
    public boolean verify(JWSHeader header, byte[] input, Base64URL signed) throws JOSEException {
        if (header.getCriticalParams() != null) {
            return false; // we know none of them (RFC 7515, section 4.1.11)
        }
        try {
            Signature signature = Signature.getInstance(NAME);
            signature.initVerify(publicKey);
            signature.update(input);
            return signature.verify(signed.decode());
        } catch (SignatureException e) {
            return false; // not even of the form of one
        } catch (GeneralSecurityException e) {
            throw new JOSEException(e.getMessage(), e);
        }
    }
}
