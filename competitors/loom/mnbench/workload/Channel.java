package mnbench.workload;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Limit;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/**
 * Producers and consumers at the two ends of one bounded queue. Java's has no
 * end that could be closed: each consumer gets a number that means the end.
 */
public final class Channel implements Workload {
    private static final long END = -1;

    private final int producers;
    private final int consumers;
    private final int capacity;
    private final long items;
    private BlockingQueue<Long> queue;
    private long[] sums;
    private Gate gate;
    private Crew producing;
    private Crew consuming;

    public Channel(Params params) {
        producers = params.count("producers", 1);
        consumers = params.count("consumers", 1);
        capacity = params.count("capacity", 1);
        items = params.number("items", 1);
    }

    @Override
    public void prepare() {
        queue = new ArrayBlockingQueue<>(capacity);
        sums = new long[consumers];
        gate = new Gate();
        producing = new Crew(producers);
        consuming = new Crew(consumers);
    }

    @Override
    public void parallel(Threads threads) {
        try {
            long next = 1;
            for (int p = 0; p < producers; p++) {
                long first = next;
                next += items / producers + (p < items % producers ? 1 : 0);
                long end = next;
                producing.start(threads, () -> produce(first, end));
            }
            for (int c = 0; c < consumers; c++) {
                int slot = c;
                consuming.start(threads, () -> sums[slot] = consume());
            }
            gate.open();
            producing.join();
            for (int c = 0; c < consumers; c++) {
                queue.put(END);
            }
        } catch (Limit e) {
            gate.abandon();
            throw e;
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts these threads", e);
        } finally {
            producing.join();
            consuming.join();
        }
    }

    private void produce(long first, long end) throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        for (long item = first; item < end; item++) {
            queue.put(item);
        }
    }

    private long consume() throws InterruptedException {
        if (!gate.pass()) {
            return 0;
        }
        long sum = 0;
        for (long item = queue.take(); item != END; item = queue.take()) {
            sum += item;
        }
        return sum;
    }

    @Override
    public void serial() {
        long sum = 0;
        for (long item = 1; item <= items; item++) {
            sum += item;
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
        return producing.started() + consuming.started();
    }
}
