package mnbench;

/**
 * Thrown when the system refuses one more thread. Not a failure of the driver:
 * it is reported as a result, together with how far it got.
 */
public final class Limit extends RuntimeException {
    private static final long serialVersionUID = 1;

    Limit(String what) {
        // No stack trace: thousands of threads may throw this one object.
        super(what, null, false, false);
    }
}
