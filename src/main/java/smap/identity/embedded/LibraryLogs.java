package smap.identity.embedded;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

/** The logs of the libraries behind the embedded servers: dozens of lines at INFO that tell a newcomer nothing. */
final class LibraryLogs {

    private final String[] loggers;

    LibraryLogs(String... loggers) {
        this.loggers = loggers;
    }

    /** Raises the loggers to WARN, save one that the configuration names itself. */
    void quieten() {
        for (String name : loggers) {
            if (LoggerFactory.getLogger(name) instanceof Logger logger && logger.getLevel() == null) {
                logger.setLevel(Level.WARN);
            }
        }
    }
}
