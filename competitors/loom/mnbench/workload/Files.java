package mnbench.workload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Reads of blocks at random places in a file that is in the page cache. */
public final class Files implements Workload {
    private static final int STEP = 8 * 64; // one word in 64 is added up

    private final int readers;
    private final long reads; // of each reader
    private final long blocks;
    private final int words; // of a block
    private FileChannel file;
    private ByteBuffer[] buffers; // by reader; kept, as they are no matter of the collector's
    private long[] sums;
    private Crew crew;

    public Files(Params params) {
        readers = params.count("threads", 1);
        reads = params.number("reads", 1);
        blocks = params.number("blocks", 1);
        words = params.count("words", 1, Params.ARRAY / 8);
    }

    @Override
    public void prepare() {
        if (buffers == null) {
            buffers = new ByteBuffer[readers];
            for (int i = 0; i < readers; i++) {
                buffers[i] = ByteBuffer.allocateDirect(8 * words).order(ByteOrder.LITTLE_ENDIAN);
            }
        }
        sums = new long[readers];
        crew = new Crew(readers);
        try {
            make();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the file. On Linux, DELETE_ON_CLOSE takes its name away at once: nothing is left behind. */
    private void make() throws IOException {
        String folder = System.getenv("TMPDIR");
        Path path = java.nio.file.Files.createTempFile(
                Path.of(folder == null || folder.isEmpty() ? "/tmp" : folder), "mnbench-files-", null);
        file = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        ByteBuffer block = buffers[0];
        long x = 1;
        for (long i = 0; i < blocks; i++) {
            block.clear();
            for (int k = 0; k < words; k++) {
                x = Busy.steps(1, x);
                block.putLong(x);
            }
            block.flip();
            while (block.hasRemaining()) {
                file.write(block);
            }
        }
    }

    @Override
    public void release() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void parallel(Threads threads) {
        try {
            for (int i = 0; i < readers; i++) {
                int index = i;
                crew.start(threads, () -> read(index));
            }
        } finally {
            crew.join();
        }
    }

    private void read(int index) throws IOException {
        ByteBuffer block = buffers[index];
        long size = block.capacity();
        long y = index;
        long sum = 0;
        for (long i = 0; i < reads; i++) {
            y = Busy.steps(1, y);
            long at = ((y >>> 32) * blocks >>> 32) * size;
            block.clear();
            while (block.hasRemaining()) {
                if (file.read(block, at + block.position()) < 0) {
                    throw new IOException("the file ends early");
                }
            }
            for (int k = 0; k < size; k += STEP) {
                sum += block.getLong(k);
            }
        }
        sums[index] = sum;
    }

    @Override
    public void serial() {
        try {
            for (int i = 0; i < readers; i++) {
                read(i);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Result result() {
        long answer = 0;
        for (long sum : sums) {
            answer += sum;
        }
        return new Result(readers * reads, answer);
    }

    @Override
    public long started() {
        return crew.started();
    }
}
