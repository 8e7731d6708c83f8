package smap.identity.mail;

import java.util.List;
import java.util.Locale;

/** Chooses the language of a mail among those there are templates in. Immutable and thread-safe. */
final class Languages {

    private final List<String> offered;

    /** @param offered the first is the one for everybody else */
    Languages(List<String> offered) {
        this.offered = List.copyOf(offered);
    }

    List<String> offered() {
        return offered;
    }

    /**
     * @param wishes what is asked for, the most decisive first: each a language such as {@code vi} or {@code vi-VN}, or what a browser
     *     sends (RFC 9110, 12.5.4); null for nothing
     * @return the first that is offered, else the one for everybody else
     */
    String choose(String... wishes) {
        String found = find(wishes);
        return found == null ? offered.get(0) : found;
    }

    /** The same, and null if none that is offered is asked for. */
    String find(String... wishes) {
        for (String wish : wishes) {
            String found = lookup(wish);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private String lookup(String ranges) {
        if (ranges == null || ranges.isBlank()) {
            return null;
        }
        try {
            return Locale.lookupTag(Locale.LanguageRange.parse(ranges), offered);
        } catch (IllegalArgumentException e) {
            return null; // no language we could speak; what a client sends here is no reason to refuse it a mail
        }
    }
}
