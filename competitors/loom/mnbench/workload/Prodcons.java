package mnbench.workload;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import mnbench.Limit;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Producers and consumers around a bounded ring: one lock, two conditions. */
public final class Prodcons implements Workload {
    private final int producers;
    private final int consumers;
    private final int capacity;
    private final long items;
    private Ring ring;
    private long[] sums;
    private Thread[] children;
    private int started;

    public Prodcons(Params params) {
        producers = params.count("producers", 1, Params.ARRAY / 2);
        consumers = params.count("consumers", 1, Params.ARRAY / 2);
        capacity = params.count("capacity", 1, Params.ARRAY / 2); // head + held stays an int
        items = params.number("items", 1);
    }

    @Override
    public void prepare() {
        ring = new Ring(capacity, items);
        sums = new long[consumers];
        children = new Thread[producers + consumers];
        started = 0;
    }

    @Override
    public void parallel(Threads threads) {
        try {
            long next = 1;
            for (int p = 0; p < producers; p++) {
                long from = next;
                long to = from + items / producers + (p < items % producers ? 1 : 0);
                children[started] = threads.start(() -> ring.produce(from, to));
                started++;
                next = to;
            }
            for (int c = 0; c < consumers; c++) {
                int slot = c;
                children[started] = threads.start(() -> sums[slot] = ring.consume());
                started++;
            }
        } catch (Limit e) {
            ring.abandon(); // they may wait for a peer that will never come
            throw e;
        } finally {
            Threads.joinAll(children);
        }
    }

    @Override
    public void serial() {
        long sum = 0;
        for (long item = 1; item <= items; item++) {
            ring.put(item);
            sum += ring.take();
        }
        sums[0] = sum;
    }

    @Override
    public Result result() {
        long total = 0;
        for (long sum : sums) {
            total += sum;
        }
        return new Result(items, total);
    }

    @Override
    public long started() {
        return started;
    }

    /**
     * The bounded buffer. ReentrantLock and not synchronized: before JDK 24 a
     * virtual thread that waits in a monitor pins its carrier, and the lock is
     * what the JDK's own guide told people to use.
     */
    private static final class Ring {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition notFull = lock.newCondition();
        private final Condition notEmpty = lock.newCondition();
        private final long[] slots;
        private int head; // the oldest item
        private int held;
        private long left; // items that no consumer has taken yet
        private boolean abandoned;

        Ring(int capacity, long items) {
            slots = new long[capacity];
            left = items;
        }

        /** Puts the items from {@code from} to before {@code to}, one by one. */
        void produce(long from, long to) {
            for (long item = from; item < to; item++) {
                lock.lock();
                try {
                    while (held == slots.length) {
                        if (abandoned) {
                            return;
                        }
                        notFull.awaitUninterruptibly();
                    }
                    put(item);
                    notEmpty.signal();
                } finally {
                    lock.unlock();
                }
            }
        }

        /** Takes items until all are gone; returns their sum. */
        long consume() {
            long sum = 0;
            while (true) {
                long item;
                lock.lock();
                try {
                    while (held == 0) {
                        if (left == 0 || abandoned) {
                            return sum;
                        }
                        notEmpty.awaitUninterruptibly();
                    }
                    item = take();
                    left--;
                    notFull.signal();
                    if (left == 0) {
                        notEmpty.signalAll(); // nothing will come any more
                    }
                } finally {
                    lock.unlock();
                }
                sum += item;
            }
        }

        private void put(long item) {
            int tail = head + held;
            slots[tail < slots.length ? tail : tail - slots.length] = item;
            held++;
        }

        private long take() {
            long item = slots[head];
            head = head + 1 == slots.length ? 0 : head + 1;
            held--;
            return item;
        }

        void abandon() {
            lock.lock();
            try {
                abandoned = true;
                notFull.signalAll();
                notEmpty.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
