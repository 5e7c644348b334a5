package mnbench.workload;

import mnbench.Busy;
import mnbench.Crew;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** n threads, all with the same amount of work. */
public final class Balanced implements Workload {
    private final int n;
    private final long steps;
    private long[] results;
    private Crew crew;

    public Balanced(Params params) {
        n = params.count("n", 1);
        steps = params.number("steps", 0);
    }

    @Override
    public void prepare() {
        results = new long[n];
        crew = new Crew(n);
    }

    @Override
    public void parallel(Threads threads) {
        try {
            for (int i = 0; i < n; i++) {
                int slot = i;
                crew.start(threads, () -> results[slot] = Busy.steps(steps, slot));
            }
        } finally {
            crew.join();
        }
    }

    @Override
    public void serial() {
        for (int i = 0; i < n; i++) {
            results[i] = Busy.steps(steps, i);
        }
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
        return crew.started();
    }
}
