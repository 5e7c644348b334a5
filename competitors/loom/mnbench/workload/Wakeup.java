package mnbench.workload;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Observations;
import mnbench.Params;
import mnbench.Result;
import mnbench.Sleep;
import mnbench.Threads;
import mnbench.Workload;

/** From the signal to the running thread, with and without others that compute. */
public final class Wakeup implements Workload {
    private final int rounds;
    private final long period; // ns
    private final int hogs;
    private final long steps; // of each hog
    private long begin; // of all periods; set before the gate opens
    private boolean sequential;

    private ReentrantLock lock;
    private Condition changed;
    private boolean signalled; // and not taken yet; guarded by lock, as is sent
    private long sent; // ns, when the last signal was

    private long woken;
    private long[] took; // ns, by round
    private long[] results; // by hog
    private Gate gate;
    private Crew crew;

    public Wakeup(Params params) {
        rounds = params.count("rounds", 1);
        period = params.number("period_us", 1) * 1000;
        hogs = params.count("hogs", 0, Params.ARRAY - 2);
        steps = params.number("steps", 0);
    }

    @Override
    public void prepare() {
        lock = new ReentrantLock();
        changed = lock.newCondition();
        signalled = false;
        woken = 0;
        took = new long[rounds];
        results = new long[hogs];
        sequential = false;
        gate = new Gate();
        crew = new Crew(hogs + 2);
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            crew.start(threads, this::await);
            crew.start(threads, this::signal);
            for (int i = 0; i < hogs; i++) {
                int index = i;
                crew.start(threads, () -> compute(index));
            }
            begin = System.nanoTime();
        });
    }

    private void await() throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        for (int i = 0; i < rounds; i++) {
            lock.lock();
            try {
                while (!signalled) {
                    changed.await();
                }
                took[i] = Math.max(0, System.nanoTime() - sent);
                signalled = false;
                woken++;
                changed.signal();
            } finally {
                lock.unlock();
            }
        }
    }

    private void signal() throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        for (int i = 1; i <= rounds; i++) {
            Sleep.until(begin + i * period);
            lock.lock();
            try {
                while (signalled) {
                    changed.await();
                }
                signalled = true;
                sent = System.nanoTime();
                changed.signal();
            } finally {
                lock.unlock();
            }
        }
    }

    private void compute(int index) throws InterruptedException {
        if (gate.pass()) {
            results[index] = Busy.steps(steps, index);
        }
    }

    @Override
    public void serial() {
        sequential = true;
        for (int i = 0; i < rounds; i++) {
            woken++;
        }
        for (int i = 0; i < hogs; i++) {
            results[i] = Busy.steps(steps, i);
        }
    }

    @Override
    public Result result() {
        long answer = woken;
        for (long result : results) {
            answer += result;
        }
        return new Result(rounds, answer);
    }

    @Override
    public void observe(Observations into) {
        if (sequential) {
            return;
        }
        for (long ns : took) {
            into.add("latency", "ns", ns);
        }
    }

    @Override
    public long started() {
        return crew.started();
    }
}
