package mnbench.workload;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Breadth-first search, level by level: a thread for each chunk of the frontier. */
public final class Bfs implements Workload {
    private static final int BATCH = 256; // nodes that a thread gathers before it reserves room in the next frontier

    private final int nodes;
    private final int degree;
    private final int chunk;
    private int[] neighbours; // `degree` of node 0, then of node 1 ...
    private AtomicIntegerArray levels; // 0: not reached; 1: the source; 2: its neighbours ...
    private int[] frontier;
    private int[] next;
    private int held; // nodes in the frontier
    private int level; // theirs
    private final AtomicInteger found = new AtomicInteger(); // nodes in next
    private long started;

    public Bfs(Params params) {
        nodes = params.count("nodes", 1);
        degree = params.count("degree", 1, Params.ARRAY / nodes);
        chunk = params.count("chunk", 1);
    }

    @Override
    public void prepare() {
        neighbours = new int[nodes * degree];
        levels = new AtomicIntegerArray(nodes);
        frontier = new int[nodes];
        next = new int[nodes];
        started = 0;
        long x = 1;
        for (int i = 0; i < neighbours.length; i++) {
            x = Busy.steps(1, x);
            neighbours[i] = (int) ((x >>> 32) * nodes >>> 32);
        }
    }

    private void expand(int from, int to) {
        int[] batch = new int[BATCH];
        int count = 0;
        for (int i = from; i < to; i++) {
            int at = frontier[i] * degree;
            for (int k = at; k < at + degree; k++) {
                int neighbour = neighbours[k];
                if (levels.get(neighbour) != 0 || !levels.compareAndSet(neighbour, 0, level + 1)) {
                    continue;
                }
                batch[count++] = neighbour;
                if (count == BATCH) {
                    append(batch, count);
                    count = 0;
                }
            }
        }
        append(batch, count);
    }

    private void append(int[] batch, int count) {
        System.arraycopy(batch, 0, next, found.getAndAdd(count), count);
    }

    private void begin() {
        frontier[0] = 0;
        levels.setPlain(0, 1);
        held = 1;
        level = 1;
    }

    /** Makes the nodes that were found the frontier. */
    private void advance() {
        int[] last = frontier;
        frontier = next;
        next = last;
        held = found.getAndSet(0);
        level++;
    }

    @Override
    public void parallel(Threads threads) {
        for (begin(); held > 0; advance()) {
            Crew crew = new Crew((int) ((held + (long) chunk - 1) / chunk));
            try {
                for (long i = 0; i < held; i += chunk) {
                    int from = (int) i;
                    int to = (int) Math.min(i + chunk, held);
                    crew.start(threads, () -> expand(from, to));
                }
            } finally {
                crew.join();
                started += crew.started();
            }
        }
    }

    @Override
    public void serial() {
        for (begin(); held > 0; advance()) {
            int count = 0;
            for (int i = 0; i < held; i++) {
                int at = frontier[i] * degree;
                for (int k = at; k < at + degree; k++) {
                    int neighbour = neighbours[k];
                    if (levels.getPlain(neighbour) == 0) {
                        levels.setPlain(neighbour, level + 1);
                        next[count++] = neighbour;
                    }
                }
            }
            found.set(count);
        }
    }

    @Override
    public Result result() {
        long units = 0;
        long sum = 0;
        for (int i = 0; i < nodes; i++) {
            long reached = levels.getPlain(i);
            units += reached != 0 ? degree : 0;
            sum += reached * (i + 1L);
        }
        return new Result(units, sum);
    }

    @Override
    public long started() {
        return started;
    }
}
