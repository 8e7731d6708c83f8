package smap.identity.contract;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import smap.identity.problem.ProblemCode;
import smap.identity.problem.ProblemException;

/**
 * Swagger UI over the contract, without a line from elsewhere: these files and no other of the class path, read once. The page is to be
 * served with {@link #contentSecurityPolicy()}. Immutable and thread-safe.
 */
public final class DocsPage {

    private static final String PATH = "/docs";
    private static final String OURS = "pages/docs/";

    /** One file as it is served. */
    private record Asset(String type, byte[] content) {}

    private final Map<String, Asset> assets;

    public DocsPage() {
        String library = "META-INF/resources/webjars/swagger-ui/" + version() + '/';
        assets = Map.of(
                PATH, new Asset("text/html; charset=utf-8", read(OURS + "index.html")),
                PATH + "/start.js", new Asset("text/javascript; charset=utf-8", read(OURS + "start.js")),
                PATH + "/swagger-ui-bundle.js", new Asset("text/javascript; charset=utf-8", read(library + "swagger-ui-bundle.js")),
                PATH + "/swagger-ui.css", new Asset("text/css; charset=utf-8", read(library + "swagger-ui.css")),
                PATH + "/favicon-32x32.png", new Asset("image/png", read(library + "favicon-32x32.png")));
    }

    /** @throws ProblemException with {@link ProblemCode#NOT_FOUND} if there is no such file */
    public byte[] content(@Header(Exchange.HTTP_PATH) String path) {
        return asset(path).content();
    }

    /** The media type of a file, which {@link #content} has found. */
    public String type(@Header(Exchange.HTTP_PATH) String path) {
        return asset(path).type();
    }

    /** Swagger UI styles its elements one by one, and shows images it brings itself; requests are tried out on this server alone. */
    public String contentSecurityPolicy() {
        return "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
                + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    private Asset asset(String path) {
        Asset asset = assets.get(path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
        if (asset == null) {
            throw new ProblemException(ProblemCode.NOT_FOUND);
        }
        return asset;
    }

    private static String version() {
        Properties pom = new Properties();
        try (InputStream in = open("META-INF/maven/org.webjars/swagger-ui/pom.properties")) {
            pom.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return pom.getProperty("version");
    }

    private static byte[] read(String resource) {
        try (InputStream in = open(resource)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String resource) {
        InputStream in = DocsPage.class.getClassLoader().getResourceAsStream(resource);
        if (in == null) {
            throw new IllegalStateException("There is no " + resource + " on the class path");
        }
        return in;
    }
}
