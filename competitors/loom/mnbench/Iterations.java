package mnbench;

import java.io.IOException;

/**
 * Executes the workload as often as asked and writes a sample each time.
 *
 * <p>Java code starts interpreted and is compiled while it runs. Two warm-up
 * iterations of a millisecond do not get there, and a number of iterations that
 * does would take minutes in a large cell. So {@code --warm-ms} asks for a time:
 * when the reported warm-up iterations, which show how it is when cold, took
 * less than that, further ones follow that are not reported. Their number is
 * the counter extra_warmups of the first timed sample, and their time is part of
 * its setup_ns. Who asks for no warm-up gets none.
 */
final class Iterations implements Runnable {
    private final Args args;
    private final Workload workload;
    private final Threads threads;
    private final Collector collector;
    private final Observations observations;
    private final long slow; // percent

    private long executed; // nanoseconds spent in the workload
    private long mark; // when the last line was written

    Iterations(
            Args args,
            Workload workload,
            Threads threads,
            Collector collector,
            Observations observations,
            long slow) {
        this.observations = observations;
        this.args = args;
        this.workload = workload;
        this.threads = threads;
        this.collector = collector;
        this.slow = slow;
    }

    @Override
    public void run() {
        mark = System.nanoTime();
        for (int i = 0; i < args.warmup; i++) {
            sample("warmup", i, execute(), new Line());
        }
        Line warm = new Line();
        if (args.warmup > 0) {
            warm.put("extra_warmups", warm());
        }
        for (int i = 0; i < args.iterations; i++) {
            sample("timed", i, execute(), i == 0 ? warm : new Line());
            workload.observe(observations);
        }
    }

    /** Executes until enough time was spent; returns how often. */
    private long warm() {
        long times = 0;
        while (executed < args.warmMs * 1_000_000L) {
            execute();
            times++;
        }
        return times;
    }

    /** Executes the workload once; returns the time in nanoseconds, at least 1. */
    private long execute() {
        workload.prepare();
        try {
            if (!args.serial) {
                workload.acquire();
            }
            return work();
        } catch (Limit e) {
            threads.met(e);
            throw e;
        } finally {
            workload.release();
        }
    }

    private long work() {
        long start = System.nanoTime();
        if (args.serial) {
            workload.serial();
        } else {
            workload.parallel(threads);
        }
        long ns = Math.max(1, Slow.down(start, System.nanoTime(), slow) - start);
        if (threads.limit() != null) {
            throw threads.limit(); // a child met it: there is no whole result
        }
        executed += ns;
        return ns;
    }

    private void sample(String phase, int index, long ns, Line counters) {
        Result result = workload.result();
        long resident = workload.resident();
        Line line = new Line()
                .put("type", "sample")
                .put("phase", phase)
                .put("index", index)
                .put("ns", ns)
                .putUnsigned("units", result.units())
                .put("answer", Long.toUnsignedString(result.answer()))
                .put("rss_bytes", resident > 0 ? resident : Proc.rssBytes())
                .put("counters", counters
                        .put("gc_collections", collector.collections())
                        .put("gc_ms", collector.milliseconds()));
        line.put("setup_ns", Math.max(0, System.nanoTime() - mark - ns));
        try {
            line.write();
        } catch (IOException e) {
            Driver.failNow(e);
        }
        mark = System.nanoTime();
    }
}
