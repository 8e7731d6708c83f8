package smap.identity.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import smap.identity.support.JsonHttp.Answer;

/** A connection over which any bytes go, and answers come back as HTTP/1.1 frames them. For one thread. */
final class RawConnection implements Closeable {

    private static final int LIMIT_MILLIS = 30_000;
    /** What is framed wrongly may leave the server waiting for more. */
    private static final int BROKEN_LIMIT_MILLIS = 500;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Socket socket = new Socket();
    private final InputStream in;

    RawConnection(int port) throws IOException {
        socket.connect(new InetSocketAddress("127.0.0.1", port), LIMIT_MILLIS);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /**
     * Sends a request and reads the one answer.
     *
     * @throws IOException if the connection ends before the answer does
     */
    Answer ask(FuzzedRequest request) throws IOException {
        socket.setSoTimeout(request.form() == FuzzedRequest.Form.BROKEN ? BROKEN_LIMIT_MILLIS : LIMIT_MILLIS);
        try {
            socket.getOutputStream().write(request.bytes());
            socket.getOutputStream().flush();
        } catch (IOException e) {
            // the server may have answered what it had read of a request that is too large
            if (in.available() == 0) {
                throw e;
            }
        }
        int status;
        Map<String, List<String>> headers;
        do {
            String[] line = line().split(" ", 3);
            if (line.length < 2 || !line[0].equals("HTTP/1.1") && !line[0].equals("HTTP/1.0")) {
                throw new IOException("no status line: " + String.join(" ", line));
            }
            status = Integer.parseInt(line[1]);
            headers = headers();
        } while (status == 100);
        boolean empty = request.method().equals("HEAD") || status == 204 || status == 304;
        String text = new String(empty ? new byte[0] : content(headers), StandardCharsets.UTF_8);
        return new Answer(status, headers, json(text), text);
    }

    private Map<String, List<String>> headers() throws IOException {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.computeIfAbsent(line.substring(0, colon), name -> new ArrayList<>()).add(line.substring(colon + 1).strip());
        }
        return headers;
    }

    private byte[] content(Map<String, List<String>> headers) throws IOException {
        if (headers.containsKey("Content-Length")) {
            return exactly(Integer.parseInt(headers.get("Content-Length").get(0)));
        }
        if (!headers.containsKey("Transfer-Encoding")) {
            return in.readAllBytes();
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int length = Integer.parseInt(line(), 16); length > 0; length = Integer.parseInt(line(), 16)) {
            content.writeBytes(exactly(length));
            line();
        }
        line();
        return content.toByteArray();
    }

    private byte[] exactly(int length) throws IOException {
        byte[] content = in.readNBytes(length);
        if (content.length < length) {
            throw new EOFException("the answer broke off");
        }
        return content;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection ended");
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
