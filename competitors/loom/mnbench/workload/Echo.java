package mnbench.workload;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import mnbench.Busy;
import mnbench.Crew;
import mnbench.Gate;
import mnbench.Limit;
import mnbench.Observations;
import mnbench.Params;
import mnbench.Result;
import mnbench.Threads;
import mnbench.Words;
import mnbench.Workload;

/** Connections over the loopback, a thread at each end, and one message on its way on each. */
public final class Echo implements Workload {
    private final int connections;
    private final int words;
    private final int rounds;
    private boolean sequential;
    private Socket[] clients;
    private Socket[] servers;
    private byte[][] questions; // by connection: the client's buffer
    private byte[][] answers; // the server's
    private long[][] took; // ns, by connection and round
    private long[] sums; // of what each client received
    private Gate gate;
    private Crew crew;

    public Echo(Params params) {
        connections = params.count("connections", 1, Params.ARRAY / 2);
        words = params.count("words", 1, Params.ARRAY / 8);
        rounds = params.count("rounds", 1);
    }

    @Override
    public void prepare() {
        sequential = false;
        clients = new Socket[connections];
        servers = new Socket[connections];
        questions = new byte[connections][8 * words];
        answers = new byte[connections][8 * words];
        took = new long[connections][rounds];
        sums = new long[connections];
        for (int i = 0; i < connections; i++) {
            long x = i;
            for (int k = 0; k < words; k++) {
                x = Busy.steps(1, x);
                Words.put(questions[i], k, x);
            }
        }
        gate = new Gate();
        crew = new Crew(2 * connections);
    }

    @Override
    public void acquire() {
        int reached = 0;
        try (ServerSocket listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            while (reached < connections) {
                clients[reached] = new Socket(listener.getInetAddress(), listener.getLocalPort());
                servers[reached] = listener.accept();
                clients[reached].setTcpNoDelay(true);
                servers[reached].setTcpNoDelay(true);
                reached++;
            }
        } catch (IOException e) {
            throw Limit.of("Socket", e, reached);
        }
    }

    @Override
    public void release() {
        for (Socket[] ends : new Socket[][] {clients, servers}) {
            for (Socket end : ends) {
                if (end != null) {
                    try {
                        end.close();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }
        }
    }

    @Override
    public void parallel(Threads threads) {
        crew.gather(gate, () -> {
            for (int i = 0; i < connections; i++) {
                int index = i;
                crew.start(threads, () -> serve(index));
            }
            for (int i = 0; i < connections; i++) {
                int index = i;
                crew.start(threads, () -> ask(index));
            }
        });
    }

    private void serve(int index) throws IOException, InterruptedException {
        if (!gate.pass()) {
            return;
        }
        byte[] message = answers[index];
        try (Socket socket = servers[index]) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            while (in.readNBytes(message, 0, message.length) == message.length) {
                out.write(message);
            }
        }
    }

    private void ask(int index) throws IOException, InterruptedException {
        if (!gate.pass()) {
            return;
        }
        byte[] message = questions[index];
        try (Socket socket = clients[index]) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            long sum = 0;
            long start = System.nanoTime();
            for (int round = 0; round < rounds; round++) {
                out.write(message);
                if (in.readNBytes(message, 0, message.length) != message.length) {
                    throw new IOException("the message breaks off");
                }
                long end = System.nanoTime();
                took[index][round] = end - start;
                start = end;
                sum += take(message);
            }
            sums[index] = sum;
        }
    }

    /** Adds the message up and makes the next one of it. */
    private static long take(byte[] message) {
        long sum = Words.sum(message);
        Words.put(message, 0, Busy.steps(1, Words.get(message, 0)));
        return sum;
    }

    @Override
    public void serial() {
        sequential = true;
        for (int i = 0; i < connections; i++) {
            for (int round = 0; round < rounds; round++) {
                sums[i] += take(questions[i]);
            }
        }
    }

    @Override
    public Result result() {
        long answer = 0;
        for (long sum : sums) {
            answer += sum;
        }
        return new Result((long) connections * rounds, answer);
    }

    @Override
    public void observe(Observations into) {
        if (sequential) {
            return;
        }
        for (long[] line : took) {
            for (long ns : line) {
                into.add("latency", "ns", ns);
            }
        }
    }

    @Override
    public long started() {
        return crew.started();
    }
}
