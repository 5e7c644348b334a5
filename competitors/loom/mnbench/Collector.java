package mnbench;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Collectors;

/** The garbage collector that is at work, and what it has cost so far. */
final class Collector {
    private final List<GarbageCollectorMXBean> beans = ManagementFactory.getGarbageCollectorMXBeans();
    private long seenCollections;
    private long seenMilliseconds;

    /** Its parts by name, as in "G1 Young Generation, G1 Old Generation". */
    String name() {
        return beans.stream().map(GarbageCollectorMXBean::getName).collect(Collectors.joining(", "));
    }

    /** Collections since the last call. */
    long collections() {
        long all = beans.stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
        long since = all - seenCollections;
        seenCollections = all;
        return since;
    }

    /** Milliseconds spent in collections since the last call. */
    long milliseconds() {
        long all = beans.stream().mapToLong(GarbageCollectorMXBean::getCollectionTime).sum();
        long since = all - seenMilliseconds;
        seenMilliseconds = all;
        return since;
    }
}
