package mnbench.workload;

import java.util.concurrent.locks.ReentrantReadWriteLock;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Threads that read a shared record under a readers-writer lock, and sometimes change it. */
public final class Rwlock implements Workload {
    private final int size;
    private final long rounds;
    private final long readPercent;
    private final int words;
    private ReentrantReadWriteLock lock;
    private long[] record; // guarded by lock; all words are equal
    private long[] torn; // by thread: reads that saw words that differ
    private Gate gate;
    private Crew crew;

    public Rwlock(Params params) {
        size = params.count("threads", 1);
        rounds = params.number("rounds", 1);
        readPercent = params.number("read_percent", 0);
        words = params.count("words", 1);
    }

    @Override
    public void prepare() {
        lock = new ReentrantReadWriteLock();
        record = new long[words];
        torn = new long[size];
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
        long torn = 0; // and not in the array: neighbours' slots share a cache line
        for (long round = 0; round < rounds; round++) {
            if (reads(index, round)) {
                lock.readLock().lock();
                try {
                    torn += read();
                } finally {
                    lock.readLock().unlock();
                }
            } else {
                lock.writeLock().lock();
                try {
                    write();
                } finally {
                    lock.writeLock().unlock();
                }
            }
        }
        this.torn[index] = torn;
    }

    private boolean reads(int index, long round) {
        return (37 * (round % 100) + 11 * (index % 100)) % 100 < readPercent;
    }

    private long read() {
        long differ = 0;
        for (long word : record) {
            differ |= word ^ record[0];
        }
        return differ != 0 ? 1 : 0;
    }

    private void write() {
        for (int k = 0; k < words; k++) {
            record[k]++;
        }
    }

    @Override
    public void serial() {
        for (int i = 0; i < size; i++) {
            for (long round = 0; round < rounds; round++) {
                if (reads(i, round)) {
                    torn[i] += read();
                } else {
                    write();
                }
            }
        }
    }

    @Override
    public Result result() {
        long answer = 0;
        for (long word : record) {
            answer += word;
        }
        for (long reads : torn) {
            answer += reads << 32;
        }
        return new Result(size * rounds, answer);
    }

    @Override
    public long started() {
        return crew.started();
    }
}
