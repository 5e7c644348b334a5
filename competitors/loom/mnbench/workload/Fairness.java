package mnbench.workload;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Observations;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Equal threads that compute without a pause: how far are the others when the first one is done? */
public final class Fairness implements Workload {
    private static final int LINE = 8; // longs of a cache line: each counter has one of its own

    private final int size;
    private final long chunks;
    private final long steps; // of a chunk
    private AtomicBoolean done; // somebody is
    private AtomicLongArray progress; // chunks that each thread has done, at LINE times its index
    private long[] snapshot; // the same, when the first one was done
    private long[] results;
    private Gate gate;
    private Crew crew;

    public Fairness(Params params) {
        size = params.count("threads", 1, Params.ARRAY / LINE);
        chunks = params.number("chunks", 1);
        steps = params.number("steps", 0);
    }

    @Override
    public void prepare() {
        done = new AtomicBoolean();
        progress = new AtomicLongArray(size * LINE);
        snapshot = new long[size];
        results = new long[size];
        gate = new Gate();
        crew = new Crew(size);
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < size; i++) {
                int index = i;
                crew.start(threads, () -> compute(index));
            }
        });
    }

    private void compute(int index) throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        long x = index;
        for (long i = 1; i <= chunks; i++) {
            x = Busy.steps(steps, x);
            progress.setOpaque(index * LINE, i);
        }
        results[index] = x;
        if (!done.getAndSet(true)) {
            for (int i = 0; i < size; i++) {
                snapshot[i] = progress.getOpaque(i * LINE);
            }
        }
    }

    @Override
    public void serial() {
        for (int i = 0; i < size; i++) {
            long x = i;
            for (long k = 0; k < chunks; k++) {
                x = Busy.steps(steps, x);
            }
            results[i] = x;
        }
    }

    @Override
    public Result result() {
        long answer = 0;
        for (long result : results) {
            answer += result;
        }
        return new Result(size * chunks, answer);
    }

    @Override
    public void observe(Observations into) {
        if (!done.get()) {
            return; // it was the serial mode
        }
        double sum = 0;
        double squares = 0;
        for (long part : snapshot) {
            double share = (double) part / chunks;
            sum += share;
            squares += share * share;
            into.add("behind the first", "percent", 100 - part * 100 / chunks);
        }
        into.add("Jain index", "permille", (long) (1000 * sum * sum / (size * squares) + 0.5));
    }

    @Override
    public long started() {
        return crew.started();
    }
}
