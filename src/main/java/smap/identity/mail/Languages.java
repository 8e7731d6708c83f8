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
     * @param lang what the client named itself, such as {@code vi} or {@code vi-VN}; goes first
     * @param acceptLanguage what its browser sends (RFC 9110, 12.5.4)
     */
    String choose(String lang, String acceptLanguage) {
        for (String ranges : new String[] {lang, acceptLanguage}) {
            String found = lookup(ranges);
            if (found != null) {
                return found;
            }
        }
        return offered.get(0);
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
