package smap.identity.soak;

import java.util.ArrayList;
import java.util.List;
import smap.identity.flow.Deployment;
import smap.identity.support.ApplicationProcess;
import smap.identity.support.FreePorts;

/** Consumers of one deployment, always as many: one that is ended is replaced at once. For one thread. */
public final class Consumers implements AutoCloseable {

    private final Deployment deployment;
    private final Ledger ledger;
    private final List<Integer> ports;
    private final List<ApplicationProcess> running = new ArrayList<>();
    private final List<Integer> exitCodes = new ArrayList<>();

    private Consumers(Deployment deployment, Ledger ledger, int count) {
        this.deployment = deployment;
        this.ledger = ledger;
        this.ports = FreePorts.reserve(count);
    }

    /** Starts them. */
    public static Consumers start(Deployment deployment, Ledger ledger, int count) {
        Consumers consumers = new Consumers(deployment, ledger, count);
        consumers.ports.forEach(port -> consumers.running.add(deployment.consumerOn(port)));
        return consumers;
    }

    public int count() {
        return ports.size();
    }

    /** Ends one as a crash does, and starts its successor. */
    public void kill(int index) {
        ledger.killed();
        running.get(index).kill();
        replace(index);
    }

    /** Asks one to end, waits until it has, and starts its successor. */
    public void terminate(int index) {
        exitCodes.add(running.get(index).terminate());
        replace(index);
    }

    /** What those that were asked to end answered. */
    public List<Integer> exitCodes() {
        return List.copyOf(exitCodes);
    }

    /** Returns when this one has sent a mail; the caller sees to it that there are some. */
    public void awaitWork(int index) {
        running.get(index).awaitLine("Email sent successfully", Deployment.START);
    }

    /** Those that ended by themselves. */
    public long gone() {
        return running.stream().filter(process -> !process.isAlive()).count();
    }

    @Override
    public void close() {
        running.forEach(ApplicationProcess::close);
    }

    private void replace(int index) {
        ApplicationProcess old = running.get(index);
        running.set(index, deployment.consumerOn(ports.get(index)));
        old.close();
    }
}
