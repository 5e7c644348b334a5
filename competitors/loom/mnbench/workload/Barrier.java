package mnbench.workload;

import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Threads that work in step: compute, wait for all, look at the neighbour's result. */
public final class Barrier implements Workload {
    private final int size;
    private final long rounds;
    private final long work; // steps of each thread and round
    private CyclicBarrier barrier;
    private long[][] boards; // for even and odd rounds: a slot for each thread
    private long[] sums;
    private Gate gate;
    private Crew crew;

    public Barrier(Params params) {
        size = params.count("threads", 1);
        rounds = params.number("rounds", 1);
        work = params.number("work", 0);
    }

    @Override
    public void prepare() {
        barrier = new CyclicBarrier(size);
        boards = new long[2][size];
        sums = new long[size];
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

    private void work(int index) throws InterruptedException, BrokenBarrierException {
        if (!gate.pass()) {
            return;
        }
        int neighbour = (index + 1) % size;
        long x = index;
        long sum = 0;
        for (long round = 1; round <= rounds; round++) {
            long[] board = boards[(int) (round % 2)];
            x = Busy.steps(work, x);
            board[index] = x + round;
            barrier.await();
            sum += board[neighbour];
        }
        sums[index] = sum;
    }

    @Override
    public void serial() {
        long[] x = boards[0];
        long[] board = boards[1];
        for (int i = 0; i < size; i++) {
            x[i] = i;
        }
        for (long round = 1; round <= rounds; round++) {
            for (int i = 0; i < size; i++) {
                x[i] = Busy.steps(work, x[i]);
                board[i] = x[i] + round;
            }
            for (int i = 0; i < size; i++) {
                sums[i] += board[(i + 1) % size];
            }
        }
    }

    @Override
    public Result result() {
        long answer = 0;
        for (long sum : sums) {
            answer += sum;
        }
        return new Result(size * rounds, answer);
    }

    @Override
    public long started() {
        return crew.started();
    }
}
