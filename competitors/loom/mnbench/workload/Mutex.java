package mnbench.workload;

import java.util.concurrent.locks.ReentrantLock;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Threads that take turns at one lock. */
public final class Mutex implements Workload {
    private final int size;
    private final long rounds;
    private final long inside; // steps
    private final long outside;
    private ReentrantLock lock;
    private long count; // guarded by lock, as is x
    private long x;
    private long[] ends; // of each thread's own sequence
    private Gate gate;
    private Crew crew;

    public Mutex(Params params) {
        size = params.count("threads", 1);
        rounds = params.number("rounds", 1);
        inside = params.number("inside", 0);
        outside = params.number("outside", 0);
    }

    @Override
    public void prepare() {
        lock = new ReentrantLock();
        count = 0;
        x = 0;
        ends = new long[size];
        gate = new Gate();
        crew = new Crew(size);
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < size; i++) {
                int index = i;
                crew.start(threads, () -> work(index));
            }
        });
    }

    private void work(int index) throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        long y = index;
        for (long round = 0; round < rounds; round++) {
            lock.lock();
            try {
                count++;
                x = Busy.steps(inside, x);
            } finally {
                lock.unlock();
            }
            y = Busy.steps(outside, y);
        }
        ends[index] = y;
    }

    @Override
    public void serial() {
        for (int i = 0; i < size; i++) {
            long y = i;
            for (long round = 0; round < rounds; round++) {
                count++;
                x = Busy.steps(inside, x);
                y = Busy.steps(outside, y);
            }
            ends[i] = y;
        }
    }

    @Override
    public Result result() {
        long answer = count + x;
        for (long end : ends) {
            answer += end;
        }
        return new Result(size * rounds, answer);
    }

    @Override
    public long started() {
        return crew.started();
    }
}
