package mnbench.workload;

import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** n threads, the first heavy_percent of them with far more work than the rest. */
public final class Imbalanced implements Workload {
    // Not final, so that they are not constants to the compiler: with constants
    // it unrolls the loop and folds sixteen steps into one multiplication, a
    // tenth of the work that the definition asks for and other languages do.
    private static long factor = 6364136223846793005L;
    private static long summand = 1442695040888963407L;

    private final int n;
    private final long heavyThreads;
    private final long heavy;
    private final long light;
    private long[] results;
    private Thread[] children;
    private int started;

    public Imbalanced(Params params) {
        n = params.count("n", 1);
        heavyThreads = n * params.number("heavy_percent", 0) / 100;
        heavy = params.number("heavy", 0);
        light = params.number("light", 0);
    }

    @Override
    public void prepare() {
        results = new long[n];
        children = new Thread[n];
        started = 0;
    }

    @Override
    public void parallel(Threads threads) {
        try {
            while (started < n) {
                int slot = started;
                children[slot] = threads.start(() -> results[slot] = busy(steps(slot), slot));
                started++;
            }
        } finally {
            Threads.joinAll(children);
        }
    }

    @Override
    public void serial() {
        for (int i = 0; i < n; i++) {
            results[i] = busy(steps(i), i);
        }
    }

    private long steps(int index) {
        return index < heavyThreads ? heavy : light;
    }

    @Override
    public Result result() {
        long xor = 0;
        for (long result : results) {
            xor ^= result;
        }
        return new Result(n, xor);
    }

    @Override
    public long started() {
        return started;
    }

    /** k steps of a linear congruential generator. Wraps like an unsigned 64-bit number. */
    private static long busy(long k, long x) {
        long a = factor;
        long c = summand;
        for (long step = 0; step < k; step++) {
            x = x * a + c;
        }
        return x;
    }
}
