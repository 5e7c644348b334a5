package mnbench.workload;

import java.util.concurrent.locks.ReentrantLock;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Dining philosophers: everybody needs the two forks beside the plate, the lower-numbered first. */
public final class Philosophers implements Workload {
    private final int size;
    private final long rounds;
    private final long eat; // steps
    private final long think;
    private Fork[] forks;
    private long[] ends; // of each philosopher's own sequence
    private Gate gate;
    private Crew crew;

    public Philosophers(Params params) {
        size = params.count("threads", 2);
        rounds = params.number("rounds", 1);
        eat = params.number("eat", 0);
        think = params.number("think", 0);
    }

    @Override
    public void prepare() {
        forks = new Fork[size];
        for (int i = 0; i < size; i++) {
            forks[i] = new Fork();
        }
        ends = new long[size];
        gate = new Gate();
        crew = new Crew(size);
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < size; i++) {
                int index = i;
                crew.start(threads, () -> dine(index));
            }
        });
    }

    private void dine(int index) throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        Fork first = forks[Math.min(index, (index + 1) % size)];
        Fork second = forks[Math.max(index, (index + 1) % size)];
        long x = index;
        for (long round = 0; round < rounds; round++) {
            x = Busy.steps(think, x);
            first.lock.lock();
            try {
                second.lock.lock();
                try {
                    first.used++;
                    second.used++;
                    x = Busy.steps(eat, x);
                } finally {
                    second.lock.unlock();
                }
            } finally {
                first.lock.unlock();
            }
        }
        ends[index] = x;
    }

    @Override
    public void serial() {
        for (int i = 0; i < size; i++) {
            long x = i;
            for (long round = 0; round < rounds; round++) {
                x = Busy.steps(think, x);
                forks[i].used++;
                forks[(i + 1) % size].used++;
                x = Busy.steps(eat, x);
            }
            ends[i] = x;
        }
    }

    @Override
    public Result result() {
        long answer = 0;
        for (int i = 0; i < size; i++) {
            answer += ends[i] + forks[i].used;
        }
        return new Result(size * rounds, answer);
    }

    @Override
    public long started() {
        return crew.started();
    }

    private static final class Fork {
        private final ReentrantLock lock = new ReentrantLock();
        private long used; // guarded by lock
    }
}
