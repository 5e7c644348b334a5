package mnbench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the kernel says about this process. */
public final class Proc {
    private static final Path STATUS = Path.of("/proc/self/status");

    private Proc() {}

    /** Resident memory in bytes, 0 when it cannot be read. */
    public static long rssBytes() {
        return field("VmRSS:") * 1024; // in kB whatever the page size is
    }

    /** Kernel threads, 0 when it cannot be read. */
    static long threads() {
        return field("Threads:");
    }

    private static long field(String name) {
        List<String> lines;
        try {
            lines = Files.readAllLines(STATUS);
        } catch (IOException e) {
            return 0;
        }
        for (String line : lines) {
            if (line.startsWith(name)) {
                String[] words = line.substring(name.length()).strip().split("\\s+");
                return Long.parseLong(words[0]);
            }
        }
        return 0;
    }
}
