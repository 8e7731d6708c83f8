package smap.identity.health;

/** Something outside this process that it needs. */
public interface Dependency {

    /** Its name in an answer: {@code database}, {@code broker}, {@code smtp}. */
    String name();

    /** Whether this process is of no use without it, so that its loss makes {@code /ready} say no. */
    boolean isVital();

    /** @throws Exception saying what is wrong with it, if it does not do its work; within a few seconds */
    void probe() throws Exception;
}
