package mnbench.workload;

import mnbench.Crew;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** One parent starts n children at once, and waits for the end of all. */
public final class Fanout implements Workload {
    private final int n;
    private long[] slots;
    private Crew crew;

    public Fanout(Params params) {
        n = params.count("n", 1);
    }

    @Override
    public void prepare() {
        slots = new long[n];
        crew = new Crew(n);
    }

    @Override
    public void parallel(Threads threads) {
        try {
            for (int i = 0; i < n; i++) {
                int slot = i;
                crew.start(threads, () -> slots[slot] = slot + 1L);
            }
        } finally {
            crew.join();
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
        return crew.started();
    }
}
