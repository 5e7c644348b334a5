package mnbench;

import java.util.concurrent.CountDownLatch;

/** Threads wait at it until all of them are there. Opened or abandoned once, by who started them. */
public final class Gate {
    private final CountDownLatch decided = new CountDownLatch(1);
    private volatile boolean abandoned;

    /** Lets everybody through, to work. */
    public void open() {
        decided.countDown();
    }

    /** Lets everybody through, to end at once: not all threads could be started. */
    public void abandon() {
        abandoned = true;
        decided.countDown();
    }

    /** Waits; returns whether to work. */
    public boolean pass() throws InterruptedException {
        decided.await();
        return !abandoned;
    }
}
