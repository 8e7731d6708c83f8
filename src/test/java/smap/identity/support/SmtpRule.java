package smap.identity.support;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One deviation of a {@link ScriptedSmtpServer}: when it applies, what it waits for, what it does. The rule made last wins.
 * Conditions and waits come first; one of the actions ends the sentence, and the rule is in force from then on. Thread-safe once in force.
 *
 * <pre>{@code
 * server.on(RCPT).forRecipient("bob@example.com").reply("550 5.1.1 no such user");
 * server.on(MAIL).nth(2).drop();
 * server.on(END_OF_DATA).after(latch).proceed();
 * }</pre>
 */
public final class SmtpRule {

    /** What happens at the step once the waits are over. */
    enum Action {
        PROCEED,
        REPLY,
        REPLY_THEN_DROP,
        HANG,
        DROP,
        RESET
    }

    private final SmtpStep step;
    private final Runnable inForce;
    private final AtomicInteger matches = new AtomicInteger();
    private String recipient;
    private int first = 1;
    private int last = Integer.MAX_VALUE;
    private CountDownLatch latch = new CountDownLatch(0);
    private Duration delay = Duration.ZERO;
    private Duration drip = Duration.ZERO;
    private Action action = Action.PROCEED;
    private String reply;

    SmtpRule(SmtpStep step, Consumer<SmtpRule> script) {
        this.step = step;
        this.inForce = () -> script.accept(this);
    }

    /** Only at the n-th time, from 1, counted over all connections since the rule is in force. */
    public SmtpRule nth(int n) {
        first = n;
        last = n;
        return this;
    }

    /** Only the first n times. */
    public SmtpRule times(int n) {
        last = n;
        return this;
    }

    /** Only for this recipient; for {@link SmtpStep#RCPT}. */
    public SmtpRule forRecipient(String address) {
        recipient = address.toLowerCase(Locale.ROOT);
        return this;
    }

    /** Waits until the test lets go. */
    public SmtpRule after(CountDownLatch released) {
        latch = released;
        return this;
    }

    /** Waits this long. */
    public SmtpRule delayed(Duration pause) {
        delay = pause;
        return this;
    }

    /** Writes the reply one byte at a time, with this pause before each. */
    public SmtpRule dripping(Duration pause) {
        drip = pause;
        return this;
    }

    /** Goes on as without the rule; for a rule that only waits or drips. */
    public SmtpRule proceed() {
        return decide(Action.PROCEED, null);
    }

    /** Answers this, lines separated by {@code \n}. */
    public SmtpRule reply(String text) {
        return decide(Action.REPLY, text);
    }

    /** Answers this, then closes the connection. */
    public SmtpRule replyThenDrop(String text) {
        return decide(Action.REPLY_THEN_DROP, text);
    }

    /** Says and reads nothing more, until the server is closed. */
    public SmtpRule hang() {
        return decide(Action.HANG, null);
    }

    /** Closes the connection without a word. */
    public SmtpRule drop() {
        return decide(Action.DROP, null);
    }

    /** Breaks the connection off with a reset (RST), as a firewall or a crash does. */
    public SmtpRule reset() {
        return decide(Action.RESET, null);
    }

    /** How often the step was reached, and its recipient, since the rule is in force: also when {@link #nth} let it pass. */
    public int matches() {
        return matches.get();
    }

    private SmtpRule decide(Action decided, String text) {
        action = decided;
        reply = text;
        inForce.run();
        return this;
    }

    boolean applies(SmtpStep reached, String toRecipient) {
        if (reached != step || (recipient != null && !recipient.equals(toRecipient.toLowerCase(Locale.ROOT)))) {
            return false;
        }
        int n = matches.incrementAndGet();
        return n >= first && n <= last;
    }

    /** Returns when the waits are over or the server stops. */
    void await(CountDownLatch stopped) throws InterruptedException {
        while (latch.getCount() > 0 && stopped.getCount() > 0) {
            latch.await(20, TimeUnit.MILLISECONDS);
        }
        stopped.await(delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    Action action() {
        return action;
    }

    String reply() {
        return reply;
    }

    Duration drip() {
        return drip;
    }
}
