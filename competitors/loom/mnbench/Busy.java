package mnbench;

/** The computing that workloads do: a linear congruential generator (Knuth's MMIX). */
public final class Busy {
    // Not final, so that they are not constants to the compiler: with constants
    // it unrolls the loop and folds sixteen steps into one multiplication, a
    // tenth of the work that the definition asks for and other languages do.
    private static long factor = 6364136223846793005L;
    private static long summand = 1442695040888963407L;

    private Busy() {}

    /** So many steps from x. Wraps like an unsigned 64-bit number. */
    public static long steps(long steps, long x) {
        long a = factor;
        long c = summand;
        for (long step = 0; step < steps; step++) {
            x = x * a + c;
        }
        return x;
    }
}
