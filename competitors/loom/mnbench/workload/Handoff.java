package mnbench.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.SynchronousQueue;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Pairs of threads: one sends numbers to the other, and each send waits until it is taken. */
public final class Handoff implements Workload {
    private final int pairs;
    private final long items;
    private List<SynchronousQueue<Long>> meetings;
    private long[] sums;
    private Gate gate;
    private Crew crew;

    public Handoff(Params params) {
        pairs = params.count("pairs", 1, Params.ARRAY / 2);
        items = params.number("items", 1);
    }

    @Override
    public void prepare() {
        meetings = new ArrayList<>(pairs);
        for (int i = 0; i < pairs; i++) {
            meetings.add(new SynchronousQueue<>());
        }
        sums = new long[pairs];
        gate = new Gate();
        crew = new Crew(2 * pairs);
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < pairs; i++) {
                int pair = i;
                crew.start(threads, () -> send(meetings.get(pair)));
                crew.start(threads, () -> sums[pair] = receive(meetings.get(pair)));
            }
        });
    }

    private void send(SynchronousQueue<Long> meeting) throws InterruptedException {
        if (!gate.pass()) {
            return;
        }
        for (long item = 1; item <= items; item++) {
            meeting.put(item);
        }
    }

    private long receive(SynchronousQueue<Long> meeting) throws InterruptedException {
        if (!gate.pass()) {
            return 0;
        }
        long sum = 0;
        for (long i = 0; i < items; i++) {
            sum += meeting.take();
        }
        return sum;
    }

    @Override
    public void serial() {
        for (int i = 0; i < pairs; i++) {
            for (long item = 1; item <= items; item++) {
                sums[i] += item;
            }
        }
    }

    @Override
    public Result result() {
        long total = 0;
        for (long sum : sums) {
            total += sum;
        }
        return new Result(pairs * items, total);
    }

    @Override
    public long started() {
        return crew.started();
    }
}
