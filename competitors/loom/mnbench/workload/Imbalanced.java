package mnbench.workload;

import mnbench.Busy;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** n threads, the first heavy_percent of them with far more work than the rest. */
public final class Imbalanced implements Workload {
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
                children[slot] = threads.start(() -> results[slot] = Busy.steps(steps(slot), slot));
                started++;
            }
        } finally {
            Threads.joinAll(children);
        }
    }

    @Override
    public void serial() {
        for (int i = 0; i < n; i++) {
            results[i] = Busy.steps(steps(i), i);
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
}
