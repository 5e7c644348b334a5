package mnbench;

/** Threads that are started one after the other and joined in the same order. */
public final class Crew {
    /** What a thread does. It may wait in calls that can be interrupted; nobody interrupts it. */
    public interface Task {
        void run() throws Exception;
    }

    private final Thread[] members;
    private int started;

    public Crew(int size) {
        members = new Thread[size];
    }

    /** Starts the next one; throws {@link Limit} when the system refuses it. */
    public void start(Threads threads, Task task) {
        members[started] = threads.start(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        started++;
    }

    /**
     * Starts threads that wait at the gate, opens it, and waits until all have
     * ended. When one could not be started, those who came must not wait for the
     * rest: they are let through to end, and {@link Limit} is thrown.
     */
    public void gather(Gate gate, Runnable starts) {
        try {
            starts.run();
            gate.open();
        } catch (Limit e) {
            gate.abandon();
            throw e;
        } finally {
            join();
        }
    }

    /** Waits until all that were started have ended. */
    public void join() {
        Threads.joinAll(members);
    }

    public int started() {
        return started;
    }
}
