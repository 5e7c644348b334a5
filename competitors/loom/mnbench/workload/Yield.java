package mnbench.workload;

import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Every thread yields {@code rounds} times and counts. */
public final class Yield implements Workload {
    private final int count;
    private final long rounds;
    private long[] counts;
    private Thread[] children;
    private int started;

    public Yield(Params params) {
        count = params.count("threads", 1);
        rounds = params.number("rounds", 1);
    }

    @Override
    public void prepare() {
        counts = new long[count];
        children = new Thread[count];
        started = 0;
    }

    @Override
    public void parallel(Threads threads) {
        try {
            while (started < count) {
                int slot = started;
                children[slot] = threads.start(() -> {
                    long done = 0;
                    for (long round = 0; round < rounds; round++) {
                        Thread.yield();
                        done++;
                    }
                    counts[slot] = done;
                });
                started++;
            }
        } finally {
            Threads.joinAll(children);
        }
    }

    @Override
    public void serial() {
        for (int i = 0; i < count; i++) {
            long done = 0;
            for (long round = 0; round < rounds; round++) {
                done++;
            }
            counts[i] = done;
        }
    }

    @Override
    public Result result() {
        long total = 0;
        for (long done : counts) {
            total += done;
        }
        return new Result(count * rounds, total);
    }

    @Override
    public long started() {
        return started;
    }
}
