package mnbench.workload;

import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** A tree of threads, ten children to each, down to leaves that bring their numbers. */
public final class Skynet implements Workload {
    private static final int CHILDREN = 10;

    private final long leaves;
    private long value;
    private long started;

    public Skynet(Params params) {
        long all = 1;
        for (long depth = params.count("depth", 1, 18); depth > 0; depth--) {
            all *= CHILDREN;
        }
        leaves = all;
    }

    @Override
    public void prepare() {
        value = 0;
        started = 0;
    }

    @Override
    public void parallel(Threads threads) {
        Node root = new Node(threads, 0, leaves);
        try {
            root.run();
        } finally {
            value = root.value;
            started = root.started;
        }
    }

    /** Written by the thread that runs it, read by whoever joined that. */
    private static final class Node implements Runnable {
        private final Threads threads;
        private final long first; // leaf
        private final long leaves; // below it, a power of ten
        private long value;
        private long started; // threads below it

        Node(Threads threads, long first, long leaves) {
            this.threads = threads;
            this.first = first;
            this.leaves = leaves;
        }

        @Override
        public void run() {
            if (leaves == 1) {
                value = first;
                return;
            }
            Node[] children = new Node[CHILDREN];
            Thread[] running = new Thread[CHILDREN];
            long share = leaves / CHILDREN;
            try {
                for (int i = 0; i < CHILDREN; i++) {
                    Node child = new Node(threads, first + i * share, share);
                    running[i] = threads.start(child);
                    children[i] = child;
                }
            } finally {
                for (int i = 0; i < CHILDREN && children[i] != null; i++) {
                    Threads.join(running[i]);
                    value += children[i].value;
                    started += children[i].started + 1;
                }
            }
        }
    }

    @Override
    public void serial() {
        value = plain(0, leaves);
        for (long n = leaves; n > 1; n /= CHILDREN) {
            started += n;
        }
    }

    private static long plain(long first, long leaves) {
        if (leaves == 1) {
            return first;
        }
        long sum = 0;
        long share = leaves / CHILDREN;
        for (int i = 0; i < CHILDREN; i++) {
            sum += plain(first + i * share, share);
        }
        return sum;
    }

    @Override
    public Result result() {
        return new Result(started, value);
    }

    @Override
    public long started() {
        return started;
    }
}
