package mnbench.workload;

import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Counts the ways to place n queens; in the first rows every safe place is a thread. */
public final class Nqueens implements Workload {
    private final int depth;
    private final int all; // a bit for each column
    private long value;
    private long started;

    public Nqueens(Params params) {
        int n = params.count("n", 4, 20);
        all = (1 << n) - 1;
        depth = Math.min(params.count("depth", 1), n);
    }

    @Override
    public void prepare() {
        value = 0;
        started = 0;
    }

    @Override
    public void parallel(Threads threads) {
        Board empty = new Board(threads, 0, 0, 0, 0);
        try {
            empty.run();
        } finally {
            value = empty.value;
            started = empty.started;
        }
    }

    /**
     * Queens in the rows before {@code row}, and what they attack there, as bits of columns.
     * Written by the thread that runs it, read by whoever joined that.
     */
    private final class Board implements Runnable {
        private final Threads threads;
        private final int row;
        private final int columns;
        private final int left;
        private final int right;
        private long value;
        private long started; // threads below

        Board(Threads threads, int row, int columns, int left, int right) {
            this.threads = threads;
            this.row = row;
            this.columns = columns;
            this.left = left;
            this.right = right;
        }

        @Override
        public void run() {
            if (row >= depth) {
                value = plain(columns, left, right);
                return;
            }
            int free = all & ~(columns | left | right);
            Board[] children = new Board[Integer.bitCount(free)];
            Thread[] running = new Thread[children.length];
            try {
                for (int i = 0; i < running.length; i++, free &= free - 1) {
                    int place = free & -free;
                    children[i] = new Board(
                            threads, row + 1, columns | place, (left | place) << 1, (right | place) >> 1);
                    running[i] = threads.start(children[i]);
                }
            } finally {
                for (int i = 0; i < running.length && running[i] != null; i++) {
                    Threads.join(running[i]);
                    value += children[i].value;
                    started += children[i].started + 1;
                }
            }
        }
    }

    private long plain(int columns, int left, int right) {
        if (columns == all) {
            return 1;
        }
        long count = 0;
        for (int free = all & ~(columns | left | right); free != 0; free &= free - 1) {
            int place = free & -free;
            count += plain(columns | place, (left | place) << 1, (right | place) >> 1);
        }
        return count;
    }

    /** The threads that the parallel form starts: safe places in rows before depth. */
    private long places(int row, int columns, int left, int right) {
        if (row == depth) {
            return 0;
        }
        long count = 0;
        for (int free = all & ~(columns | left | right); free != 0; free &= free - 1) {
            int place = free & -free;
            count += 1 + places(row + 1, columns | place, (left | place) << 1, (right | place) >> 1);
        }
        return count;
    }

    @Override
    public void serial() {
        value = plain(0, 0, 0);
    }

    @Override
    public Result result() {
        return new Result(started == 0 ? places(0, 0, 0, 0) : started, value);
    }

    @Override
    public long started() {
        return started;
    }
}
