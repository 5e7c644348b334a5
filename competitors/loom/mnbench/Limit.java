package mnbench;

import java.io.IOException;

/**
 * Thrown when the system refuses one more thread, or one more open file. Not a
 * failure of the driver: it is reported as a result, together with how far it
 * got.
 */
public final class Limit extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What was reached, where that is not the number of threads that were started; else -1. */
    final long reached;

    Limit(String what) {
        this(what, -1);
    }

    private Limit(String what, long reached) {
        // No stack trace: thousands of threads may throw this one object.
        super(what, null, false, false);
        this.reached = reached;
    }

    /**
     * What a call that opens something has thrown when {@code reached} were open: a limit when
     * there are too many open files, in the words that Java has for EMFILE and ENFILE.
     */
    public static RuntimeException of(String call, IOException thrown, long reached) {
        String message = String.valueOf(thrown.getMessage());
        if (message.contains("Too many open files")) {
            return new Limit(call + ": " + message + ", at " + reached, reached);
        }
        return new IllegalStateException(call, thrown);
    }
}
