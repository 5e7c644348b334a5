package mnbench;

import java.time.Duration;

/** Sleeping until a moment of {@link System#nanoTime}. */
public final class Sleep {
    private Sleep() {}

    /** Returns at once when it has passed. (Thread.sleep of nothing would still yield.) */
    public static void until(long moment) throws InterruptedException {
        long left = moment - System.nanoTime();
        if (left > 0) {
            Thread.sleep(Duration.ofNanos(left));
        }
    }
}
