package mnbench.workload;

import mnbench.Busy;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Matrix multiplication by halving: the quarters of a product are made by threads. */
public final class Matmul implements Workload {
    private final int n;
    private final long cutoff;
    private double[] a; // n*n, by rows
    private double[] b;
    private double[] c;
    private long started;

    public Matmul(Params params) {
        n = params.count("n", 1, 46340);
        cutoff = params.number("cutoff", 1);
    }

    @Override
    public void prepare() {
        a = new double[n * n];
        b = new double[n * n];
        c = new double[n * n];
        started = 0;
        long x = 1;
        for (double[] m : new double[][] {a, b}) {
            for (int i = 0; i < m.length; i++) {
                x = Busy.steps(1, x);
                m[i] = x >>> 54;
            }
        }
    }

    /** From so many rows, columns or places between. */
    private record Range(int from, int count) {
        Range half(boolean second) {
            int first = (count + 1) / 2;
            return second ? new Range(from + first, count - first) : new Range(from, first);
        }
    }

    /** c[rows][columns] += a[rows][inner] * b[inner][columns] */
    private record Block(Range rows, Range columns, Range inner) {
        /** Number 0..7: in the first half of inner the four quarters, then the same in the second. */
        Block eighth(int number) {
            return new Block(
                    rows.half((number >> 1 & 1) == 1),
                    columns.half((number & 1) == 1),
                    inner.half((number >> 2 & 1) == 1));
        }

        boolean isSmall(long cutoff) {
            return rows.count <= cutoff && columns.count <= cutoff && inner.count <= cutoff;
        }
    }

    private void kernel(Block m) {
        int columns = m.columns.count;
        for (int i = m.rows.from; i < m.rows.from + m.rows.count; i++) {
            int toC = i * n + m.columns.from;
            for (int k = m.inner.from; k < m.inner.from + m.inner.count; k++) {
                int toB = k * n + m.columns.from;
                double factor = a[i * n + k];
                for (int j = 0; j < columns; j++) {
                    c[toC + j] += factor * b[toB + j];
                }
            }
        }
    }

    private void plain(Block m) {
        if (m.isSmall(cutoff)) {
            kernel(m);
            return;
        }
        for (int i = 0; i < 8; i++) {
            plain(m.eighth(i));
        }
    }

    private final class Product implements Runnable {
        private final Threads threads;
        private final Block block;
        private long started; // threads, by it and those below

        Product(Threads threads, Block block) {
            this.threads = threads;
            this.block = block;
        }

        @Override
        public void run() {
            if (block.isSmall(cutoff)) {
                kernel(block);
                return;
            }
            for (int second = 0; second < 8; second += 4) {
                Product[] parts = new Product[4];
                for (int i = 0; i < 4; i++) {
                    parts[i] = new Product(threads, block.eighth(second + i));
                }
                Thread[] running = new Thread[3];
                try {
                    for (int i = 0; i < 3; i++) {
                        running[i] = threads.start(parts[i]);
                        started++;
                    }
                    parts[3].run();
                } finally {
                    Threads.joinAll(running);
                    for (Product part : parts) {
                        started += part.started;
                    }
                }
            }
        }
    }

    private Block whole() {
        Range all = new Range(0, n);
        return new Block(all, all, all);
    }

    @Override
    public void parallel(Threads threads) {
        Product product = new Product(threads, whole());
        try {
            product.run();
        } finally {
            started = product.started;
        }
    }

    @Override
    public void serial() {
        plain(whole());
    }

    @Override
    public Result result() {
        long sum = 0;
        for (int i = 0; i < c.length; i++) {
            sum += (long) c[i] * (i + 1L);
        }
        return new Result((long) n * n * n, sum);
    }

    @Override
    public long started() {
        return started;
    }
}
