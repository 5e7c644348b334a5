package mnbench.workload;

import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Observations;
import mnbench.Params;
import mnbench.Place;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Threads with a warm set of memory that are woken where they ran last, or where they did not. */
public final class Migrate implements Workload {
    private static final int LINE = 64; // bytes
    private static final int WORDS = LINE / Long.BYTES;

    private final int walkers;
    private final int rounds;
    private final int lines; // of each set
    private final int wakers;
    private final long hold; // ns
    private Semaphore[] called; // a walker's
    private Semaphore[] turn; // a waker's
    private AtomicLong replies;
    private long[] sums; // of the sets at their end
    private long[][] took; // ns, by walker and round
    private boolean[][] moved;
    private boolean observed; // there is something in them
    private Gate gate;
    private Crew crew;

    /** What the wakers compute goes here, so that it is not optimised away. */
    private volatile long computed;

    public Migrate(Params params) {
        walkers = params.count("threads", 2);
        rounds = params.count("rounds", 1);
        lines = params.count("bytes", LINE) / LINE;
        wakers = params.count("wakers", 1, Params.ARRAY - walkers);
        hold = params.number("hold_us", 0) * 1000;
    }

    @Override
    public void prepare() {
        called = semaphores(walkers);
        turn = semaphores(wakers);
        replies = new AtomicLong();
        sums = new long[walkers];
        took = new long[walkers][rounds];
        moved = new boolean[walkers][rounds];
        observed = false;
        gate = new Gate();
        crew = new Crew(walkers + wakers);
    }

    private static Semaphore[] semaphores(int count) {
        Semaphore[] all = new Semaphore[count];
        for (int i = 0; i < count; i++) {
            all[i] = new Semaphore(0);
        }
        return all;
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < walkers; i++) {
                int index = i;
                crew.start(threads, () -> walk(index));
            }
            for (int i = 0; i < wakers; i++) {
                int index = i;
                crew.start(threads, () -> wake(index));
            }
        });
        observed = true;
    }

    private void walk(int index) throws InterruptedException, IOException {
        if (!gate.pass()) {
            return;
        }
        long[] set = newSet(index);
        try (Place place = new Place()) {
            for (int r = 0; r < rounds; r++) {
                called[index].acquire();
                long begin = System.nanoTime();
                step(set);
                took[index][r] = System.nanoTime() - begin;
                moved[index][r] = place.changed();
                reply();
            }
        }
        sums[index] = sum(set);
    }

    /** One more walk is done. The last but one of a round calls the waker of the next. */
    private void reply() {
        long next = replies.incrementAndGet() + 1;
        long round = next / walkers;
        if (next % walkers == 0 && round < rounds) {
            turn[(int) (round % wakers)].release();
        }
    }

    private void wake(int index) throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        long x = 0;
        for (long r = index; r < rounds; r += wakers) {
            if (r > 0) {
                turn[index].acquire();
            }
            for (Semaphore s : called) {
                s.release();
            }
            long enough = (r + 1) * walkers - 1;
            long begin = System.nanoTime();
            while (replies.get() < enough && System.nanoTime() - begin < hold) {
                x = Busy.steps(100, x);
            }
        }
        computed = x;
    }

    /** Java's stacks hold no arrays. */
    private long[] newSet(int index) {
        long[] set = new long[lines * WORDS];
        for (int i = 0; i < lines; i++) {
            set[i * WORDS] = (long) index * lines + i;
        }
        return set;
    }

    private static void step(long[] set) {
        for (int i = 0; i < set.length; i += WORDS) {
            set[i] = Busy.steps(1, set[i]);
        }
    }

    private static long sum(long[] set) {
        long sum = 0;
        for (int i = 0; i < set.length; i += WORDS) {
            sum += set[i];
        }
        return sum;
    }

    @Override
    public void serial() {
        for (int i = 0; i < walkers; i++) {
            long[] set = newSet(i);
            for (int r = 0; r < rounds; r++) {
                step(set);
            }
            sums[i] = sum(set);
        }
    }

    @Override
    public Result result() {
        long answer = 0;
        for (long sum : sums) {
            answer += sum;
        }
        return new Result((long) walkers * rounds, answer);
    }

    @Override
    public void observe(Observations into) {
        if (!observed) {
            return; // it was the serial mode
        }
        long all = 0;
        for (int i = 0; i < walkers; i++) {
            for (int r = 0; r < rounds; r++) {
                into.add(moved[i][r] ? "walk time, moved" : "walk time, stayed", "ns", took[i][r]);
                all += moved[i][r] ? 1 : 0;
            }
        }
        into.add("share that moved", "percent", 100 * all / ((long) walkers * rounds));
    }

    @Override
    public long started() {
        return crew.started();
    }
}
