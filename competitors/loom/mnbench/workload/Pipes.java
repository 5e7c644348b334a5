package mnbench.workload;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Pipe;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Limit;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Workload;

/** Threads in rings hand messages on, each through the pipe of the next one. */
public final class Pipes implements Workload {
    private final int rings;
    private final int size; // members of a ring
    private final long hops; // of a ring
    private final int words;
    private Pipe[] pipes; // by member, ring by ring: the one that it reads
    private ByteBuffer[] messages; // by member; kept, as they are no matter of the collector's
    private long[] sums;
    private Gate gate;
    private Crew crew;

    public Pipes(Params params) {
        rings = params.count("rings", 1);
        size = params.count("threads", 1, Params.ARRAY / rings);
        hops = params.number("hops", 1);
        words = params.count("words", 1, Params.ARRAY / 8);
    }

    @Override
    public void prepare() {
        pipes = new Pipe[rings * size];
        if (messages == null) {
            messages = new ByteBuffer[rings * size];
            for (int i = 0; i < messages.length; i++) {
                messages[i] = ByteBuffer.allocateDirect(8 * words).order(ByteOrder.LITTLE_ENDIAN);
            }
        }
        sums = new long[rings * size];
        gate = new Gate();
        crew = new Crew(rings * size);
    }

    @Override
    public void acquire() {
        for (int i = 0; i < pipes.length; i++) {
            try {
                pipes[i] = Pipe.open();
            } catch (IOException e) {
                throw Limit.of("Pipe.open", e, i);
            }
        }
    }

    @Override
    public void release() {
        try {
            for (Pipe pipe : pipes) {
                if (pipe != null) {
                    pipe.sink().close();
                    pipe.source().close();
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < pipes.length; i++) {
                int index = i;
                crew.start(threads, () -> member(index));
            }
        });
    }

    private int next(int index) {
        int place = index % size;
        return index - place + (place + 1) % size;
    }

    private void member(int index) throws IOException, InterruptedException {
        if (!gate.pass()) {
            return;
        }
        ByteBuffer message = messages[index];
        Pipe.SourceChannel mine = pipes[index].source();
        Pipe.SinkChannel next = pipes[next(index)].sink();
        int place = index % size;
        long turns = hops / size + (place < hops % size ? 1 : 0);
        if (place == size - 1) {
            compose(index / size, message);
            write(next, message);
        }
        long sum = 0;
        for (long turn = 0; turn < turns; turn++) {
            message.clear();
            while (message.hasRemaining()) {
                if (mine.read(message) < 0) {
                    throw new EOFException("the message breaks off");
                }
            }
            sum += sum(message);
            long hop = message.getLong(0);
            if (hop < hops) {
                message.putLong(0, hop + 1);
                write(next, message);
            }
        }
        sums[index] = sum;
    }

    private static void write(Pipe.SinkChannel sink, ByteBuffer message) throws IOException {
        message.rewind();
        while (message.hasRemaining()) {
            sink.write(message);
        }
    }

    private static long sum(ByteBuffer message) {
        long sum = 0;
        for (int at = 0; at + 8 <= message.capacity(); at += 8) {
            sum += message.getLong(at);
        }
        return sum;
    }

    /** The first message of a ring, which the member before the first one sends. */
    private void compose(int ring, ByteBuffer message) {
        message.putLong(0, 1);
        for (int k = 1; k < words; k++) {
            message.putLong(8 * k, (long) ring + k);
        }
    }

    @Override
    public void serial() {
        for (int ring = 0; ring < rings; ring++) {
            int index = ring * size;
            ByteBuffer message = messages[index];
            compose(ring, message);
            for (long hop = 1; hop <= hops; hop++) {
                message.putLong(0, hop);
                sums[index] += sum(message);
                index = next(index);
            }
        }
    }

    @Override
    public Result result() {
        long answer = 0;
        for (long sum : sums) {
            answer += sum;
        }
        return new Result(rings * hops, answer);
    }

    @Override
    public long started() {
        return crew.started();
    }
}
