package smap.identity;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a process is started for. A role is the folders of routes it loads, and nothing else. */
public enum Role {
    API(List.of("shared", "api")),
    CONSUMER(List.of("shared", "consumer")),
    ALL(List.of("shared", "api", "consumer"));

    private final List<String> folders;

    Role(List<String> folders) {
        this.folders = folders;
    }

    /**
     * The role named on the command line; {@link #ALL} if none is.
     *
     * @throws IllegalArgumentException telling the names there are
     */
    static Role named(String... args) {
        if (args.length == 0) {
            return ALL;
        }
        return Arrays.stream(values())
                .filter(role -> role.label().equals(args[0]))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("Unknown role '" + args[0] + "': expected "
                        + Arrays.stream(values()).map(Role::label).collect(Collectors.joining(", "))));
    }

    /** Its name on the command line and in settings. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Folders below {@code routes/}. */
    public List<String> folders() {
        return folders;
    }

    public boolean hasApi() {
        return this != CONSUMER;
    }

    public boolean hasConsumer() {
        return this != API;
    }
}
