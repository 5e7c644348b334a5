package mnbench.workload;

import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Create n threads, at most {@code window} of them not yet joined, oldest joined first. */
public final class Spawn implements Workload {
    private final int n;
    private final int window;
    private long[] slots;
    private Thread[] open; // not yet joined, child i at i % window
    private int started;

    public Spawn(Params params) {
        n = params.count("n", 1);
        window = Math.min(params.count("window", 1), n);
    }

    @Override
    public void prepare() {
        slots = new long[n];
        open = new Thread[window];
        started = 0;
    }

    @Override
    public void parallel(Threads threads) {
        int oldest = 0;
        try {
            while (started < n) {
                Threads.join(open[oldest]);
                int slot = started;
                open[oldest] = threads.start(() -> slots[slot] = slot + 1L);
                started++;
                oldest = oldest + 1 == window ? 0 : oldest + 1;
            }
        } finally {
            for (int i = 0; i < window; i++) {
                Threads.join(open[(oldest + i) % window]);
            }
        }
    }

    @Override
    public void serial() {
        for (int i = 0; i < n; i++) {
            slots[i] = i + 1L;
        }
    }

    @Override
    public Result result() {
        long sum = 0;
        for (long slot : slots) {
            sum += slot;
        }
        return new Result(n, sum);
    }

    @Override
    public long started() {
        return started;
    }
}
