package smap.identity.support;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * A headless Chromium of this machine with a fresh profile, which reaches loopback only: a page that needs anything else
 * shows it by failing. Nothing is downloaded. For one thread.
 */
public final class Browser implements AutoCloseable {

    /** Held, because a logger nobody holds loses its level. */
    private static final Logger SELENIUM_LOG = Logger.getLogger("org.openqa.selenium");
    private static final Duration PAGE_LIMIT = Duration.ofSeconds(30);

    private final ChromeDriver driver;
    private final TemporaryDirectory profile;

    private Browser(ChromeDriver driver, TemporaryDirectory profile) {
        this.driver = driver;
        this.profile = profile;
    }

    /** Whether {@link #open()} has what it needs. */
    public static boolean isInstalled() {
        return chromium().isPresent() && chromedriver().isPresent();
    }

    /** Starts a browser; the caller closes it. */
    public static Browser open() {
        Path chromium = chromium().orElseThrow(() -> new IllegalStateException(RequiresBrowser.REASON));
        Path chromedriver = chromedriver().orElseThrow(() -> new IllegalStateException(RequiresBrowser.REASON));
        // It warns of every Chromium newer than itself; what the tests use has not changed for years.
        SELENIUM_LOG.setLevel(Level.SEVERE);
        TemporaryDirectory profile = TemporaryDirectory.named("smap-browser");
        try {
            ChromeOptions options = new ChromeOptions();
            options.setBinary(chromium.toString());
            options.setPageLoadTimeout(PAGE_LIMIT);
            options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
                    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
                    "--window-size=1280,1024", "--user-data-dir=" + profile.path());
            // With the driver's own path given, Selenium has no reason to look for one elsewhere.
            ChromeDriverService service = new ChromeDriverService.Builder()
                    .usingDriverExecutable(chromedriver.toFile())
                    .usingAnyFreePort()
                    .withEnvironment(Map.of("SE_OFFLINE", "true", "TMPDIR", profile.directory("tmp").toString()))
                    .withSilent(true)
                    .build();
            return new Browser(new ChromeDriver(service, options), profile);
        } catch (RuntimeException e) {
            profile.close();
            throw e;
        }
    }

    public WebDriver driver() {
        return driver;
    }

    @Override
    public void close() {
        driver.quit();
        profile.close();
    }

    private static Optional<Path> chromium() {
        return InstalledProgram.find("CHROME_BIN", List.of(), List.of("/usr/bin", "/opt/homebrew/bin", "/usr/local/bin"),
                "chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
    }

    private static Optional<Path> chromedriver() {
        return InstalledProgram.find("CHROMEDRIVER", List.of(),
                List.of("/usr/bin", "/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/homebrew/bin", "/usr/local/bin"),
                "chromedriver");
    }
}
