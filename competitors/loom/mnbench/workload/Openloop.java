package mnbench.workload;

import mnbench.Busy;
import mnbench.Crew;
import mnbench.Observations;
import mnbench.Params;
import mnbench.Result;
import mnbench.Sleep;
import mnbench.Threads;
import mnbench.Workload;

/** Requests that come when they come: a thread for each, and the time from when it was due. */
public final class Openloop implements Workload {
    private final int requests;
    private final long interval; // ns, on average
    private final long shortSteps;
    private final long longSteps;
    private long begin;
    private boolean sequential;
    private long[] due; // ns from the beginning, by request
    private long[] steps;
    private long[] results;
    private long[] took; // ns
    private Crew crew;

    public Openloop(Params params) {
        requests = params.count("requests", 1);
        interval = params.number("interval_ns", 1);
        shortSteps = params.number("short", 0);
        longSteps = params.number("long", 0);
    }

    @Override
    public void prepare() {
        due = new long[requests];
        steps = new long[requests];
        results = new long[requests];
        took = new long[requests];
        crew = new Crew(requests);
        sequential = false;
        long x = 1;
        double at = 0;
        for (int i = 0; i < requests; i++) {
            x = Busy.steps(1, x);
            at -= Math.log(1 - (x >>> 11) * 0x1p-53) * interval;
            due[i] = (long) at;
            x = Busy.steps(1, x);
            steps[i] = (x >>> 32) * 1000 >>> 32 < 5 ? longSteps : shortSteps;
        }
    }

    @Override
    public void parallel(Threads threads) {
        begin = System.nanoTime();
        try {
            for (int i = 0; i < requests; i++) {
                int request = i;
                Sleep.until(begin + due[i]);
                crew.start(threads, () -> serve(request));
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts these threads", e);
        } finally {
            crew.join();
        }
    }

    private void serve(int request) {
        results[request] = Busy.steps(steps[request], request);
        took[request] = Math.max(0, System.nanoTime() - begin - due[request]);
    }

    @Override
    public void serial() {
        sequential = true;
        for (int i = 0; i < requests; i++) {
            results[i] = Busy.steps(steps[i], i);
        }
    }

    @Override
    public Result result() {
        long sum = 0;
        for (long result : results) {
            sum += result;
        }
        return new Result(requests, sum);
    }

    @Override
    public void observe(Observations into) {
        if (sequential) {
            return;
        }
        for (long ns : took) {
            into.add("latency", "ns", ns);
        }
    }

    @Override
    public long started() {
        return crew.started();
    }
}
