package mnbench;

import java.util.concurrent.ThreadFactory;

/**
 * Starts and joins the threads under test: virtual ones, or platform ones
 * through the same code.
 */
public final class Threads {
    /** The two kinds of thread that Java has. */
    enum Kind {
        VIRTUAL("loom", "M:N"),
        PLATFORM("loom-platform", "1:1");

        final String runtime;
        final String model;

        Kind(String runtime, String model) {
            this.runtime = runtime;
            this.model = model;
        }
    }

    private final ThreadFactory factory;

    /** The first limit met. Read by every start, so that the rest of the work stops asking for threads. */
    private volatile Limit limit;

    Threads(Kind kind) {
        // The factory, because builders themselves are not safe for use by
        // several threads. The handler ends what Limit has cut short, and costs
        // nothing per thread, as a try block around every task would.
        Thread.UncaughtExceptionHandler handler = (thread, thrown) -> {
            if (!(thrown instanceof Limit)) {
                // Others may now wait for this thread for ever: end at once.
                Driver.failNow(thrown);
            }
        };
        this.factory = switch (kind) {
            case VIRTUAL -> Thread.ofVirtual().uncaughtExceptionHandler(handler).factory();
            case PLATFORM -> Thread.ofPlatform().uncaughtExceptionHandler(handler).factory();
        };
    }

    /**
     * Starts a thread.
     *
     * @throws Limit when the system refuses it, or has refused another before
     */
    public Thread start(Runnable task) {
        if (limit != null) {
            throw limit;
        }
        Thread thread = factory.newThread(task);
        try {
            thread.start();
        } catch (OutOfMemoryError e) { // "unable to create native thread: ..."
            throw meet(e);
        }
        return thread;
    }

    private synchronized Limit meet(OutOfMemoryError e) {
        if (limit == null) {
            limit = new Limit("Thread.start: " + e.getMessage() + ", at " + Proc.threads() + " kernel threads");
        }
        return limit;
    }

    /** Notes a limit that was met by other means than start. */
    synchronized void met(Limit other) {
        if (limit == null) {
            limit = other;
        }
    }

    /** The limit that was met, or null. */
    Limit limit() {
        return limit;
    }

    /** Waits until the thread has ended. Null, a thread that was never started, has. */
    public static void join(Thread thread) {
        if (thread == null) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts these threads", e);
        }
    }

    /** Waits until all of them have ended. */
    public static void joinAll(Thread[] threads) {
        for (Thread thread : threads) {
            join(thread);
        }
    }
}
