package mnbench.workload;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Params;
import mnbench.Proc;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Threads that wait, all alive at once: what memory each of them takes. */
public final class Idle implements Workload {
    private final int size;
    private CountDownLatch there;
    private Gate gate;
    private AtomicLong arrived;
    private AtomicLong sum;
    private long bytes; // when all waited
    private Crew crew;

    public Idle(Params params) {
        size = params.count("threads", 1);
    }

    @Override
    public void prepare() {
        there = new CountDownLatch(size);
        gate = new Gate();
        arrived = new AtomicLong();
        sum = new AtomicLong();
        bytes = 0;
        crew = new Crew(size);
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < size; i++) {
                crew.start(threads, this::idle);
            }
            try {
                there.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e); // nobody interrupts the driver
            }
            bytes = Proc.rssBytes();
        });
    }

    private void idle() throws InterruptedException {
        long mine = arrived.incrementAndGet();
        there.countDown();
        if (gate.pass()) {
            sum.addAndGet(mine);
        }
    }

    @Override
    public void serial() {
        for (long i = 1; i <= size; i++) {
            sum.addAndGet(i);
        }
    }

    @Override
    public Result result() {
        return new Result(size, sum.get());
    }

    @Override
    public long resident() {
        return bytes;
    }

    @Override
    public long started() {
        return crew.started();
    }
}
