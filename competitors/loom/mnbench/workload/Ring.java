package mnbench.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import mnbench.Crew;
import mnbench.Limit;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Threads in a ring hand a token on, each through the mailbox of the next one. */
public final class Ring implements Workload {
    private static final long ABANDONED = -1; // in every mailbox: not all threads could be started

    private final int size;
    private final long hops;
    private List<BlockingQueue<Long>> mailboxes; // each with room for one
    private long[] sums;
    private Crew crew;

    public Ring(Params params) {
        size = params.count("threads", 1);
        hops = params.number("hops", 1);
    }

    @Override
    public void prepare() {
        mailboxes = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            mailboxes.add(new ArrayBlockingQueue<>(1));
        }
        sums = new long[size];
        crew = new Crew(size);
    }

    @Override
    public void parallel(Threads threads) {
        try {
            for (int i = 0; i < size; i++) {
                int place = i;
                crew.start(threads, () -> member(place));
            }
            mailboxes.get(0).add(1L);
        } catch (Limit e) {
            for (int i = 0; i < crew.started(); i++) {
                mailboxes.get(i).add(ABANDONED);
            }
            throw e;
        } finally {
            crew.join();
        }
    }

    private void member(int place) throws InterruptedException {
        BlockingQueue<Long> mine = mailboxes.get(place);
        BlockingQueue<Long> next = mailboxes.get((place + 1) % size);
        long turns = hops / size + (place < hops % size ? 1 : 0);
        long sum = 0;
        for (long turn = 0; turn < turns; turn++) {
            long token = mine.take();
            if (token == ABANDONED) {
                return;
            }
            sum += token;
            if (token != hops) {
                next.put(token + 1);
            }
        }
        sums[place] = sum;
    }

    @Override
    public void serial() {
        int place = 0;
        for (long token = 1; token <= hops; token++) {
            sums[place] += token;
            place = place + 1 == size ? 0 : place + 1;
        }
    }

    @Override
    public Result result() {
        long total = 0;
        for (long sum : sums) {
            total += sum;
        }
        return new Result(hops, total);
    }

    @Override
    public long started() {
        return crew.started();
    }
}
