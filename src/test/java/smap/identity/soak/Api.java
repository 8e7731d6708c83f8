package smap.identity.soak;

import smap.identity.flow.Deployment;
import smap.identity.support.ApplicationProcess;

/** The API of a deployment: when it is killed, its successor starts at once. For one thread. */
final class Api implements AutoCloseable {

    private final Deployment deployment;
    private ApplicationProcess running;

    private Api(Deployment deployment) {
        this.deployment = deployment;
        this.running = deployment.startApi();
    }

    /** Starts it; nobody waits until it has started. */
    static Api start(Deployment deployment) {
        return new Api(deployment);
    }

    /** Ends it as a crash does, and starts its successor. */
    void kill() {
        ApplicationProcess old = running;
        old.kill();
        running = deployment.startApi();
        old.close();
    }

    /** Whether it ended by itself. */
    boolean isGone() {
        return !running.isAlive();
    }

    @Override
    public void close() {
        running.close();
    }
}
