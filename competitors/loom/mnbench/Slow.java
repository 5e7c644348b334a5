package mnbench;

/**
 * For {@code mnbench gate --self-test} alone: every iteration takes so many
 * percent longer, by real work on a CPU inside the timed stretch. The engine
 * takes no result from a driver that does so unasked.
 */
final class Slow {
    private static final String VARIABLE = "MNBENCH_SLOW_PERCENT";
    private static final long MOST = 1000;

    private static volatile long sink; // what the work came to, so that it is not optimised away

    private Slow() {}

    static long percent() {
        String text = System.getenv(VARIABLE);
        if (text == null) {
            return 0;
        }
        if (!text.matches("[0-9]{1,4}") || Long.parseLong(text) > MOST) {
            throw new Usage(VARIABLE + "=" + text + ": want a whole number from 0 to " + MOST);
        }
        return Long.parseLong(text);
    }

    /** Works on for the percentage of the time since start; returns when that was done. */
    static long down(long start, long end, long percent) {
        long until = end + (end - start) * percent / 100;
        long x = start;
        while (end - until < 0) {
            for (int i = 0; i < 16; i++) {
                x = x * 6364136223846793005L + 1442695040888963407L;
            }
            sink = x;
            end = System.nanoTime();
        }
        return end;
    }
}
