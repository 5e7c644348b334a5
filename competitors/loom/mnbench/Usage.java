package mnbench;

/** The command line asks for something that does not exist: exit status 2. */
final class Usage extends RuntimeException {
    private static final long serialVersionUID = 1;

    Usage(String message) {
        super(message, null, false, false);
    }
}
