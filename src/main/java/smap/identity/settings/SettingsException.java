package smap.identity.settings;

import java.util.List;

/** The start is refused: one line for each setting that is missing or wrong, by the name of its environment variable. */
public final class SettingsException extends RuntimeException {

    private final transient List<String> faults;

    public SettingsException(List<String> faults) {
        super(String.join(System.lineSeparator(), faults));
        this.faults = List.copyOf(faults);
    }

    public List<String> faults() {
        return faults;
    }
}
