package mnbench.workload;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import mnbench.Limit;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Pairs of threads hand a counter back and forth. */
public final class Pingpong implements Workload {
    private final int pairs;
    private final long rounds;
    private Pair[] records;
    private Thread[] children;
    private int started;

    public Pingpong(Params params) {
        pairs = params.count("pairs", 1, Params.ARRAY / 2);
        rounds = params.number("rounds", 1);
    }

    @Override
    public void prepare() {
        records = new Pair[pairs];
        for (int i = 0; i < pairs; i++) {
            records[i] = new Pair();
        }
        children = new Thread[2 * pairs];
        started = 0;
    }

    @Override
    public void parallel(Threads threads) {
        try {
            while (started < children.length) {
                Pair pair = records[started / 2];
                int side = started % 2;
                children[started] = threads.start(() -> pair.play(side, rounds));
                started++;
            }
        } catch (Limit e) {
            if (started % 2 == 1) {
                records[started / 2].abandon(); // its partner will never come
            }
            throw e;
        } finally {
            Threads.joinAll(children);
        }
    }

    @Override
    public void serial() {
        for (Pair pair : records) {
            for (long round = 0; round < rounds; round++) {
                pair.counter++;
                pair.counter++;
            }
        }
    }

    @Override
    public Result result() {
        long sum = 0;
        for (Pair pair : records) {
            sum += pair.counter;
        }
        return new Result(2L * pairs * rounds, sum);
    }

    @Override
    public long started() {
        return started;
    }

    /**
     * What two threads share. ReentrantLock and not synchronized: before JDK 24
     * a virtual thread that waits in a monitor pins its carrier, and the lock is
     * what the JDK's own guide told people to use.
     */
    private static final class Pair {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition handed = lock.newCondition();
        private long counter;
        private int turn;
        private boolean abandoned;

        void play(int side, long rounds) {
            for (long round = 0; round < rounds; round++) {
                lock.lock();
                try {
                    while (turn != side) {
                        if (abandoned) {
                            return;
                        }
                        handed.awaitUninterruptibly();
                    }
                    counter++;
                    turn = 1 - side;
                    handed.signal();
                } finally {
                    lock.unlock();
                }
            }
        }

        void abandon() {
            lock.lock();
            try {
                abandoned = true;
                handed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
