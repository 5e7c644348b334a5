package mnbench.workload;

import mnbench.Busy;
import mnbench.Crew;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Heat in a plate, in strips of rows: a thread for each strip and step. */
public final class Heat implements Workload {
    // How often the middle third is relaxed in a step, the others once: about four times the cost.
    private static final int DEAR = 10;

    private final int n;
    private final long steps;
    private final int strips;
    private double[] now; // (n+2)*(n+2), by rows; the outermost ones never change
    private double[] next;
    private int[] bounds; // strip i has the rows from bounds[i] to before bounds[i + 1]
    private long started;

    public Heat(Params params) {
        n = params.count("n", 1, 46338);
        steps = params.number("steps", 1);
        strips = params.count("strips", 1);
    }

    @Override
    public void prepare() {
        now = new double[(n + 2) * (n + 2)];
        next = new double[now.length];
        long x = 1;
        for (int i = 0; i < now.length; i++) {
            x = Busy.steps(1, x);
            now[i] = x >>> 54;
            next[i] = now[i];
        }
        bounds = new int[strips + 1];
        bounds[0] = 1;
        for (int i = 0; i < strips; i++) {
            bounds[i + 1] = bounds[i] + n / strips + (i < n % strips ? 1 : 0);
        }
        started = 0;
    }

    private void relax(int strip) {
        int width = n + 2;
        double[] from = now;
        double[] into = next;
        for (int i = bounds[strip]; i < bounds[strip + 1]; i++) {
            int times = i > n / 3 && i <= 2 * n / 3 ? DEAR : 1;
            for (int at = i * width + 1; at <= i * width + n; at++) {
                double around = (from[at - width] + from[at + width]) + (from[at - 1] + from[at + 1]);
                double v = from[at];
                for (int k = 0; k < times; k++) {
                    v = (around * 0.25 + v) * 0.5;
                }
                into[at] = v;
            }
        }
    }

    private void swap() {
        double[] last = now;
        now = next;
        next = last;
    }

    @Override
    public void parallel(Threads threads) {
        for (long step = 0; step < steps; step++) {
            Crew crew = new Crew(strips);
            try {
                for (int i = 0; i < strips; i++) {
                    int strip = i;
                    crew.start(threads, () -> relax(strip));
                }
            } finally {
                crew.join();
                started += crew.started();
            }
            swap();
        }
    }

    @Override
    public void serial() {
        for (long step = 0; step < steps; step++) {
            for (int i = 0; i < strips; i++) {
                relax(i);
            }
            swap();
        }
    }

    @Override
    public Result result() {
        long sum = 0;
        for (int i = 1; i <= n; i++) {
            for (int j = 1; j <= n; j++) {
                sum += Double.doubleToRawLongBits(now[i * (n + 2) + j]);
            }
        }
        return new Result((long) n * n * steps, sum);
    }

    @Override
    public long started() {
        return started;
    }
}
