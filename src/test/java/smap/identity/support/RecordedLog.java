package smap.identity.support;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/** Records what is logged at INFO and above while one test runs, and keeps it off the console. Thread-safe. */
public final class RecordedLog implements BeforeEachCallback, AfterEachCallback {

    private final List<Logger> loggers;
    private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            events.add(event);
            lines.add(line(event));
        }
    };

    /** @param names of loggers: packages or classes */
    public RecordedLog(String... names) {
        this.loggers = Stream.of(names).map(name -> (Logger) LoggerFactory.getLogger(name)).toList();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        clear();
        appender.start();
        loggers.forEach(logger -> {
            logger.setLevel(Level.INFO);
            logger.setAdditive(false);
            logger.addAppender(appender);
        });
    }

    @Override
    public void afterEach(ExtensionContext context) {
        loggers.forEach(logger -> {
            logger.detachAppender(appender);
            logger.setAdditive(true);
            logger.setLevel(null);
        });
    }

    /** Each line so far as {@code LEVEL message key=value …}; a value that is null is left out. */
    public List<String> lines() {
        return lines;
    }

    /** The same lines with all that belongs to them. */
    public List<ILoggingEvent> events() {
        return events;
    }

    /** Forgets the lines so far. */
    public void clear() {
        events.clear();
        lines.clear();
    }

    private static String line(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(event.getLevel() + " " + event.getFormattedMessage());
        if (event.getKeyValuePairs() != null) {
            event.getKeyValuePairs().stream()
                    .filter(pair -> pair.value != null)
                    .forEach(pair -> line.append(' ').append(pair.key).append('=').append(pair.value));
        }
        return line.toString();
    }
}
