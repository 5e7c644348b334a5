package mnbench.workload;

import mnbench.Busy;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Merge sort: above the cutoff a child thread sorts the left half, its parent the right one. */
public final class Mergesort implements Workload {
    private static final int SMALL = 16; // sorted by insertion

    private final int n;
    private final long cutoff;
    private int[] a;
    private int[] scratch;
    private long started;

    public Mergesort(Params params) {
        n = params.count("n", 1);
        cutoff = params.number("cutoff", 1);
    }

    @Override
    public void prepare() {
        a = new int[n];
        scratch = new int[n];
        started = 0;
        long x = 1;
        for (int i = 0; i < n; i++) {
            x = Busy.steps(1, x);
            a[i] = (int) (x >>> 33);
        }
    }

    @Override
    public void parallel(Threads threads) {
        Span all = new Span(threads, 0, n);
        try {
            all.run();
        } finally {
            started = all.started;
        }
    }

    private final class Span implements Runnable {
        private final Threads threads;
        private final int from;
        private final int to; // not in it
        private long started; // threads, by it and those below

        Span(Threads threads, int from, int to) {
            this.threads = threads;
            this.from = from;
            this.to = to;
        }

        @Override
        public void run() {
            if (to - from <= cutoff) {
                plain(from, to);
                return;
            }
            int middle = from + (to - from) / 2;
            Span left = new Span(threads, from, middle);
            Span right = new Span(threads, middle, to);
            Thread running = threads.start(left);
            try {
                right.run();
            } finally {
                Threads.join(running);
                started = left.started + right.started + 1;
            }
            merge(from, middle, to);
        }
    }

    private void plain(int from, int to) {
        if (to - from <= SMALL) {
            insertion(from, to);
            return;
        }
        int middle = from + (to - from) / 2;
        plain(from, middle);
        plain(middle, to);
        merge(from, middle, to);
    }

    private void insertion(int from, int to) {
        for (int i = from + 1; i < to; i++) {
            int key = a[i];
            int k = i;
            for (; k > from && a[k - 1] > key; k--) {
                a[k] = a[k - 1];
            }
            a[k] = key;
        }
    }

    private void merge(int from, int middle, int to) {
        System.arraycopy(a, from, scratch, from, middle - from);
        int left = from;
        int right = middle;
        int into = from;
        while (left < middle && right < to) {
            a[into++] = a[right] < scratch[left] ? a[right++] : scratch[left++];
        }
        System.arraycopy(scratch, left, a, into, middle - left);
    }

    @Override
    public void serial() {
        plain(0, n);
    }

    @Override
    public Result result() {
        long sum = 0;
        for (int i = 0; i < n; i++) {
            sum += a[i] * (i + 1L);
        }
        return new Result(n, sum);
    }

    @Override
    public long started() {
        return started;
    }
}
