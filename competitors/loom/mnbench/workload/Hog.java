package mnbench.workload;

import mnbench.Busy;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Observations;
import mnbench.Params;
import mnbench.Result;
import mnbench.Sleep;
import mnbench.Threads;
import mnbench.Workload;

/** A thread that wants to run at fixed moments, among threads that compute without a pause. */
public final class Hog implements Workload {
    private final int hogs;
    private final long steps; // of each hog
    private final int ticks;
    private final long period; // ns
    private long begin; // of all periods; set before the gate opens
    private boolean sequential;
    private long ticked;
    private long[] late; // ns, by tick
    private long[] results; // by hog
    private Gate gate;
    private Crew crew;

    public Hog(Params params) {
        hogs = params.count("hogs", 1, Params.ARRAY - 1);
        steps = params.number("steps", 0);
        ticks = params.count("ticks", 1);
        period = params.number("period_us", 1) * 1000;
    }

    @Override
    public void prepare() {
        ticked = 0;
        late = new long[ticks];
        results = new long[hogs];
        sequential = false;
        gate = new Gate();
        crew = new Crew(hogs + 1);
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            crew.start(threads, this::tick);
            for (int i = 0; i < hogs; i++) {
                int index = i;
                crew.start(threads, () -> compute(index));
            }
            begin = System.nanoTime();
        });
    }

    private void tick() throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        for (int i = 1; i <= ticks; i++) {
            long due = begin + i * period;
            Sleep.until(due);
            late[i - 1] = Math.max(0, System.nanoTime() - due);
            ticked++;
        }
    }

    private void compute(int index) throws InterruptedException {
        if (gate.pass()) {
            results[index] = Busy.steps(steps, index + 1);
        }
    }

    @Override
    public void serial() {
        sequential = true;
        for (int i = 0; i < ticks; i++) {
            ticked++;
        }
        for (int i = 0; i < hogs; i++) {
            results[i] = Busy.steps(steps, i + 1);
        }
    }

    @Override
    public Result result() {
        long answer = ticked;
        for (long result : results) {
            answer += result;
        }
        return new Result(ticks, answer);
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
