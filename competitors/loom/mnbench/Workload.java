package mnbench;

/**
 * One workload. A class of package {@code mnbench.workload} that implements
 * this and has a public constructor taking {@link Params} is found by its name:
 * {@code FalseSharing} is workload "false-sharing". There is no list to keep.
 *
 * <p>The constructor reads every parameter, so that the driver can refuse
 * names that no workload asked for.
 */
public interface Workload {
    /** Makes the state for one iteration, outside the clock. */
    void prepare();

    /**
     * Gets from the system what it has little of, such as sockets: outside the clock, and not in
     * serial mode. Throws {@link Limit} when it has no more.
     */
    default void acquire() {}

    /**
     * Gives back to the system what {@link #prepare} and {@link #acquire} got, however much that
     * is, and perhaps again.
     */
    default void release() {}

    /**
     * Does the work with threads from {@code threads}, inside the clock. Every
     * thread that was started has ended when this returns or throws, also when
     * {@link Threads#start} threw {@link Limit}.
     */
    void parallel(Threads threads);

    /** Does the same work as plain sequential code, inside the clock. */
    void serial();

    /** What the iteration did, worked out from what it left, outside the clock. */
    Result result();

    /** Adds what this iteration observed of distributions, outside the clock, after {@link #result}. */
    default void observe(Observations into) {}

    /** Resident memory in bytes at the moment that counts, of this iteration; 0: read it at the end. */
    default long resident() {
        return 0;
    }

    /** The threads that {@link #parallel} has started in this iteration, also when it met a limit. */
    long started();
}
