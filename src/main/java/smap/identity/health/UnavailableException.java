package smap.identity.health;

/** Why a {@link Dependency} does not do its work, in words that anybody may read: no addresses, no accounts. */
public final class UnavailableException extends Exception {

    private static final long serialVersionUID = 1L;

    public UnavailableException(String words) {
        super(words);
    }
}
