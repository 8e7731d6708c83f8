package smap.identity;

/** Starts the role that is asked for. */
public final class Application {

    private Application() {}

    public static void main(String[] args) {
        throw new UnsupportedOperationException("under construction");
    }
}
