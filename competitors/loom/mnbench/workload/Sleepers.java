package mnbench.workload;

import mnbench.Crew;
import mnbench.Gate;
import mnbench.Observations;
import mnbench.Params;
import mnbench.Result;
import mnbench.Sleep;
import mnbench.Threads;
import mnbench.Workload;

/** Threads that sleep until moments fixed beforehand, and look how late they are. */
public final class Sleepers implements Workload {
    private final int size;
    private final int rounds;
    private final long period; // ns
    private long begin; // of all periods; set before the gate opens
    private boolean sequential;
    private long[] awoken; // by thread
    private long[] late; // ns, `rounds` of thread 0, then of thread 1 ...
    private Gate gate;
    private Crew crew;

    public Sleepers(Params params) {
        size = params.count("threads", 1);
        rounds = params.count("rounds", 1, Params.ARRAY / size);
        period = params.number("period_us", 1) * 1000;
    }

    @Override
    public void prepare() {
        awoken = new long[size];
        late = new long[size * rounds];
        sequential = false;
        gate = new Gate();
        crew = new Crew(size);
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < size; i++) {
                int index = i;
                crew.start(threads, () -> sleep(index));
            }
            begin = System.nanoTime();
        });
    }

    private void sleep(int index) throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        for (int round = 1; round <= rounds; round++) {
            long due = begin + round * period + index * period / size;
            Sleep.until(due);
            late[index * rounds + round - 1] = Math.max(0, System.nanoTime() - due);
            awoken[index]++;
        }
    }

    @Override
    public void serial() {
        sequential = true;
        for (int i = 0; i < size; i++) {
            for (int round = 0; round < rounds; round++) {
                awoken[i]++;
            }
        }
    }

    @Override
    public Result result() {
        long sum = 0;
        for (long times : awoken) {
            sum += times;
        }
        return new Result((long) size * rounds, sum);
    }

    @Override
    public void observe(Observations into) {
        if (sequential) {
            return;
        }
        for (long ns : late) {
            into.add("lateness", "ns", ns);
        }
    }

    @Override
    public long started() {
        return crew.started();
    }
}
