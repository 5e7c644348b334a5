package mnbench;

/** A cell that this driver cannot do, with the reason: exit status 77. */
final class Unsupported extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unsupported(String message) {
        super(message, null, false, false);
    }
}
