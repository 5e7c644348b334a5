package mnbench.workload;

import mnbench.Busy;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** fib(n): above the cutoff a child thread computes fib(n-1), the parent fib(n-2). */
public final class Fib implements Workload {
    private final long n;
    private final long cutoff;
    private final long leaf; // steps of a leaf; 0: it is plain recursion
    private long value;
    private long started;
    private boolean sequential;

    public Fib(Params params) {
        n = params.number("n", 2);
        cutoff = params.number("cutoff", 0);
        leaf = params.optional("leaf");
    }

    @Override
    public void prepare() {
        value = 0;
        started = 0;
        sequential = false;
    }

    @Override
    public void parallel(Threads threads) {
        Call root = new Call(n, threads);
        try {
            root.run();
        } finally {
            value = root.value;
            started = root.started;
        }
    }

    @Override
    public void serial() {
        sequential = true;
        value = leaf > 0 ? tree(n) : plain(n);
    }

    @Override
    public Result result() {
        return new Result(sequential ? children() : started, value);
    }

    @Override
    public long started() {
        return started;
    }

    /** One thread's part: written by that thread, read by whoever joined it. */
    private final class Call implements Runnable {
        private final long n;
        private final Threads threads;
        private long value;
        private long started; // threads started by it and by those it started

        Call(long n, Threads threads) {
            this.n = n;
            this.threads = threads;
        }

        @Override
        public void run() {
            value = fib(n);
        }

        private long fib(long n) {
            if (n < 2 || n <= cutoff) {
                return leaf(n);
            }
            Call left = new Call(n - 1, threads);
            Thread thread = threads.start(left);
            started++;
            long right;
            try {
                right = fib(n - 2);
            } finally {
                Threads.join(thread);
                started += left.started;
            }
            return left.value + right;
        }
    }

    /** A part of the tree without threads. */
    private long leaf(long n) {
        return leaf > 0 ? Busy.steps(leaf, n) : plain(n);
    }

    /** The tree without threads, where its leaves are not plain recursion. */
    private long tree(long n) {
        return n < 2 || n <= cutoff ? leaf(n) : tree(n - 1) + tree(n - 2);
    }

    private static long plain(long n) {
        return n < 2 ? n : plain(n - 1) + plain(n - 2);
    }

    /** The threads that {@link #parallel} creates: t(n) = 1 + t(n-1) + t(n-2) above the cutoff, else 0. */
    private long children() {
        long before = 0;
        long last = 0;
        for (long i = Math.max(2, cutoff + 1); i <= n; i++) {
            long next = 1 + last + before;
            before = last;
            last = next;
        }
        return last;
    }
}
