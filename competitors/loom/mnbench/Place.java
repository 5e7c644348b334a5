package mnbench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.util.StringTokenizer;

/**
 * Where the calling thread runs. Java does not say on which processor that is.
 * Of a virtual thread it gives the name of the carrier, the kernel thread that
 * it is on, as the last part of its own; of a platform thread the kernel tells.
 */
public final class Place implements AutoCloseable {
    private static final int FIELDS_BEFORE = 36; // in /proc/thread-self/stat, between the name and the processor

    private final RandomAccessFile stat; // null for a virtual thread
    private final byte[] text;
    private String last;

    /** Of the calling thread, which alone uses it. */
    public Place() throws IOException {
        boolean virtual = Thread.currentThread().isVirtual();
        stat = virtual ? null : new RandomAccessFile("/proc/thread-self/stat", "r");
        text = virtual ? null : new byte[1024];
        last = look();
    }

    /** Whether it is another place than at the last call, or when this was made. */
    public boolean changed() throws IOException {
        String before = last;
        last = look();
        return !before.equals(last);
    }

    private String look() throws IOException {
        if (stat == null) {
            String name = Thread.currentThread().toString(); // VirtualThread[#21]/runnable@ForkJoinPool-1-worker-1
            return name.substring(name.lastIndexOf('@') + 1);
        }
        stat.seek(0);
        String line = new String(text, 0, stat.read(text), StandardCharsets.ISO_8859_1);
        StringTokenizer fields = new StringTokenizer(line.substring(line.lastIndexOf(')') + 1));
        for (int i = 0; i < FIELDS_BEFORE; i++) {
            fields.nextToken();
        }
        return fields.nextToken();
    }

    @Override
    public void close() throws IOException {
        if (stat != null) {
            stat.close();
        }
    }
}
