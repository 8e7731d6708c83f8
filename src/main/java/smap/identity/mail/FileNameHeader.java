package smap.identity.mail;

import jakarta.mail.Part;
import jakarta.mail.internet.ContentDisposition;
import jakarta.mail.internet.ParameterList;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The Content-Disposition of a file (RFC 2183), its name in UTF-8 by RFC 2231, section 4, and cut into continuations by section 3.
 * The mail classes would take the machine's charset and leave a long encoded name on one line, beyond what SMTP carries.
 */
final class FileNameHeader {

    private static final int LONGEST_PIECE = 60;

    private static final String UNENCODED = "!#$&+-.^_`|~";

    private final String filename;

    FileNameHeader(String filename) {
        this.filename = filename;
    }

    /** The header's value, folded. */
    @Override
    public String toString() {
        if (StandardCharsets.US_ASCII.newEncoder().canEncode(filename)) {
            ParameterList parameters = new ParameterList();
            parameters.set("filename", filename);
            return new ContentDisposition(Part.ATTACHMENT, parameters).toString();
        }
        List<String> pieces = pieces();
        StringBuilder header = new StringBuilder(Part.ATTACHMENT);
        for (int i = 0; i < pieces.size(); i++) {
            header.append(";\r\n\tfilename*");
            if (pieces.size() > 1) {
                header.append(i).append('*');
            }
            header.append('=').append(i == 0 ? "UTF-8''" : "").append(pieces.get(i));
        }
        return header.toString();
    }

    /** Never cut within a character: some readers decode each piece by itself. */
    private List<String> pieces() {
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        for (int codePoint : filename.codePoints().toArray()) {
            String encoded = encoded(codePoint);
            if (piece.length() + encoded.length() > LONGEST_PIECE) {
                pieces.add(piece.toString());
                piece.setLength(0);
            }
            piece.append(encoded);
        }
        pieces.add(piece.toString());
        return pieces;
    }

    private static String encoded(int codePoint) {
        boolean plain = codePoint < 0x80 && (Character.isLetterOrDigit(codePoint) || UNENCODED.indexOf(codePoint) >= 0);
        if (plain) {
            return Character.toString(codePoint);
        }
        StringBuilder encoded = new StringBuilder();
        for (byte octet : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
            encoded.append(String.format("%%%02X", octet));
        }
        return encoded.toString();
    }
}
