package mnbench;

/**
 * Threads that are started one after the other and joined in the same order:
 *
 * <pre>{@code
 * try {
 *     for (...) crew.start(threads, task);
 *     gate.open();
 * } catch (Limit e) {
 *     gate.abandon(); // not all came: those who did must not wait for the rest
 *     throw e;
 * } finally {
 *     crew.join();
 * }
 * }</pre>
 */
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

    /** Waits until all that were started have ended. */
    public void join() {
        Threads.joinAll(members);
    }

    public int started() {
        return started;
    }
}
