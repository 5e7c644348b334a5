package mnbench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** The distributions that a workload observes, such as latencies, from all timed iterations. */
public final class Observations {
    private record Histogram(String unit, TreeMap<Long, Long> counts) {}

    private final Map<String, Histogram> histograms = new LinkedHashMap<>();

    Observations() {}

    /** One more event of the distribution of this name; not negative. */
    public void add(String name, String unit, long value) {
        histograms
                .computeIfAbsent(name, n -> new Histogram(unit, new TreeMap<>()))
                .counts
                .merge(bound(value), 1L, Long::sum);
    }

    /**
     * The largest number in the bucket of a value. Numbers below 256 have a bucket each; above, each
     * power of two has 128 of them, so that none is wider than 1% of its numbers.
     */
    private static long bound(long value) {
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(value) - 8);
        return value | ((1L << shift) - 1);
    }

    void write() throws IOException {
        for (Map.Entry<String, Histogram> h : histograms.entrySet()) {
            new Line()
                    .put("type", "histogram")
                    .put("name", h.getKey())
                    .put("unit", h.getValue().unit)
                    .put("buckets", h.getValue().counts)
                    .write();
        }
    }
}
