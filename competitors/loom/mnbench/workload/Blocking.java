package mnbench.workload;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Observations;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/**
 * Some threads in calls that block, while others compute.
 *
 * <p>The call stands for one of a library that knows nothing of virtual threads, such as native
 * code. On a virtual thread it would keep the carrier, and the scheduler adds none in its place; so
 * virtual threads hand it to a pool of platform threads, and wait. There it is a platform thread
 * that sleeps.
 */
public final class Blocking implements Workload {
    private static final ExecutorService POOL =
            Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());

    private final int blockers;
    private final int calls; // of each blocker
    private final Duration call; // what each call takes
    private final int computing;
    private final long chunks; // of each thread that computes
    private final long steps; // of a chunk
    private boolean sequential;
    private long[] made; // calls, by blocker
    private long[][] late; // ns, by blocker and call
    private long[] ends; // of what was computed
    private Gate gate;
    private Crew crew;

    public Blocking(Params params) {
        blockers = params.count("blockers", 0, Params.ARRAY / 2);
        calls = params.count("calls", 1);
        call = Duration.ofNanos(params.number("call_us", 1) * 1000);
        computing = params.count("threads", 1, Params.ARRAY / 2);
        chunks = params.number("chunks", 1);
        steps = params.number("steps", 0);
    }

    @Override
    public void prepare() {
        sequential = false;
        made = new long[blockers];
        late = new long[blockers][calls];
        ends = new long[computing];
        gate = new Gate();
        crew = new Crew(blockers + computing);
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < blockers; i++) {
                int index = i;
                crew.start(threads, () -> makeCalls(index));
            }
            for (int i = 0; i < computing; i++) {
                int index = i;
                crew.start(threads, () -> {
                    if (gate.pass()) {
                        compute(index);
                    }
                });
            }
        });
    }

    private void makeCalls(int index) throws InterruptedException, ExecutionException {
        if (!gate.pass()) {
            return;
        }
        for (int i = 0; i < calls; i++) {
            long due = System.nanoTime() + call.toNanos();
            if (Thread.currentThread().isVirtual()) {
                POOL.submit(this::block).get();
            } else {
                block();
            }
            late[index][i] = Math.max(0, System.nanoTime() - due);
            made[index]++;
        }
    }

    private Void block() throws InterruptedException {
        Thread.sleep(call);
        return null;
    }

    private void compute(int index) {
        long x = index;
        for (long i = 0; i < chunks; i++) {
            x = Busy.steps(steps, x);
        }
        ends[index] = x;
    }

    @Override
    public void serial() {
        sequential = true;
        for (int i = 0; i < blockers; i++) {
            made[i] = calls;
        }
        for (int i = 0; i < computing; i++) {
            compute(i);
        }
    }

    @Override
    public Result result() {
        long answer = 0;
        for (long end : ends) {
            answer ^= end;
        }
        for (long n : made) {
            answer += n;
        }
        return new Result(computing * chunks, answer);
    }

    @Override
    public void observe(Observations into) {
        if (sequential) {
            return;
        }
        for (long[] blocker : late) {
            for (long ns : blocker) {
                into.add("lateness", "ns", ns);
            }
        }
    }

    @Override
    public long started() {
        return crew.started();
    }
}
