package mnbench.workload;

import mnbench.Busy;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Walks a tree whose shape comes out of hashes, so that nobody knows how large a branch is. */
public final class Treesearch implements Workload {
    private final int roots;
    private final int children;
    private final long chance; // of a node having children, in millionths
    private final long depth; // nodes above it have a thread for each child
    private final long work; // steps of computing for each node
    private Node root;

    public Treesearch(Params params) {
        roots = params.count("roots", 1);
        children = params.count("children", 1, 16);
        chance = params.number("chance", 0);
        depth = params.number("depth", 1);
        work = params.number("work", 0);
    }

    @Override
    public void prepare() {
        root = new Node(mix(1), 0);
    }

    @Override
    public void parallel(Threads threads) {
        root.branch(threads, roots);
    }

    @Override
    public void serial() {
        root.visit(root.hash);
        for (int i = 0; i < roots; i++) {
            root.plain(child(root.hash, i));
        }
    }

    @Override
    public Result result() {
        return new Result(root.nodes, root.sum);
    }

    @Override
    public long started() {
        return root.started;
    }

    /** SplitMix64's mixing function. */
    private static long mix(long z) {
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    private static long child(long hash, long number) {
        return mix(hash + (number + 1) * 0x9e3779b97f4a7c15L);
    }

    private boolean hasChildren(long hash) {
        return (hash >>> 32) * 1000000 >>> 32 < chance;
    }

    /** One that may have threads for its children; what it finds is read by whoever joined its own. */
    private final class Node {
        private final long hash;
        private final long depth;
        private long nodes;
        private long sum; // of what was computed for them
        private long started; // threads below

        Node(long hash, long depth) {
            this.hash = hash;
            this.depth = depth;
        }

        void search(Threads threads) {
            if (depth >= Treesearch.this.depth || !hasChildren(hash)) {
                plain(hash);
            } else {
                branch(threads, children);
            }
        }

        void branch(Threads threads, int count) {
            Node[] below = new Node[count];
            Thread[] running = new Thread[count];
            visit(hash);
            try {
                for (int i = 0; i < count; i++) {
                    Node node = new Node(child(hash, i), depth + 1);
                    below[i] = node;
                    running[i] = threads.start(() -> node.search(threads));
                }
            } finally {
                for (int i = 0; i < count && running[i] != null; i++) {
                    Threads.join(running[i]);
                    nodes += below[i].nodes;
                    sum += below[i].sum;
                    started += below[i].started + 1;
                }
            }
        }

        void visit(long hash) {
            nodes++;
            sum += Busy.steps(work, hash);
        }

        private void plain(long hash) {
            visit(hash);
            if (hasChildren(hash)) {
                for (int i = 0; i < children; i++) {
                    plain(child(hash, i));
                }
            }
        }
    }
}
