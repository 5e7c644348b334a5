package mnbench;

import java.io.IOException;
import java.util.List;

/**
 * The driver for Java's virtual threads, and for its platform threads
 * ({@code --platform}) through the same code.
 *
 * <p>The iterations run inside a thread of the kind under test, as main does
 * in Go. So N workers are all that execute a workload, and joining, yielding
 * and waiting cost the parent what they cost its children.
 *
 * <p>On the command line in competitor.json: parallelism and maxPoolSize bound
 * the carriers on both sides, so that none is added for a blocked one. The
 * collector is G1, what a machine with two CPUs gets, because the virtual
 * machine would choose another one when it is given one CPU, and going from one
 * worker to two would compare collectors. The just-in-time compilers are as a
 * user has them; {@link Iterations} says how they are given time. Warnings go
 * to standard error, because the virtual machine would print them on standard
 * output between the lines of the protocol.
 */
public final class Driver {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int UNSUPPORTED = 77;

    private Driver() {}

    public static void main(String[] argv) {
        int status = FAILED;
        try {
            Args args = Args.parse(argv);
            if (args.verb.equals("describe")) {
                describe(args);
            } else {
                run(args);
            }
            status = OK;
        } catch (Usage e) {
            complain(e.getMessage() + "\n" + Args.USAGE);
            status = USAGE;
        } catch (Unsupported e) {
            complain(e.getMessage());
            status = UNSUPPORTED;
        } catch (Exception e) {
            failNow(e);
        }
        System.exit(status);
    }

    private static void describe(Args args) throws IOException {
        new Line()
                .put("protocol", 1)
                .put("runtime", args.kind.runtime)
                .put("version", System.getProperty("java.version"))
                .put("language", "java")
                .put("model", args.kind.model)
                .put("workloads", Catalogue.ids())
                .put("modes", List.of("parallel", "serial"))
                .write();
    }

    private static void run(Args args) throws IOException, ReflectiveOperationException {
        long slow = Slow.percent();
        Workload workload = Catalogue.make(args.workload, new Params(args.params));
        Threads threads = new Threads(args.kind);
        Collector collector = new Collector();
        Observations observations = new Observations();
        config(args, collector, slow);
        try {
            Threads.join(threads.start(new Iterations(args, workload, threads, collector, observations, slow)));
        } catch (Limit e) {
            // Not even the first thread: told below like any other limit.
        }
        if (threads.limit() != null) {
            new Line()
                    .put("type", "limit")
                    .put("what", threads.limit().getMessage())
                    .put("reached", threads.limit().reached < 0 ? workload.started() : threads.limit().reached)
                    .write();
        }
        observations.write();
        new Line().put("type", "end").write();
    }

    /** Says what was really applied, as read back from the virtual machine. */
    private static void config(Args args, Collector collector, long slow) throws IOException {
        Line line = new Line().put("type", "config").put("pid", ProcessHandle.current().pid());
        int cpus = Runtime.getRuntime().availableProcessors();
        if (args.kind == Threads.Kind.VIRTUAL) {
            // Without the property the scheduler takes one carrier per CPU.
            int parallelism = Integer.getInteger("jdk.virtualThreadScheduler.parallelism", cpus);
            int most = Integer.getInteger("jdk.virtualThreadScheduler.maxPoolSize", Math.max(parallelism, 256));
            line.put("workers", parallelism)
                    .put("threads_kind", "virtual")
                    .put("parallelism", parallelism)
                    .put("max_pool_size", most);
        } else {
            // Platform threads have no worker count: the CPUs they were given bound them.
            line.put("workers", args.workers).put("threads_kind", "platform");
        }
        if (slow > 0) {
            line.put("slow_percent", slow);
        }
        line.put("cpus", cpus)
                .put("warm_ms", args.warmMs)
                .put("gc", collector.name())
                .put("vm", System.getProperty("java.vm.name"))
                .put("vm_version", System.getProperty("java.vm.version"))
                .write();
    }

    /** Ends the process at once with status 1, whatever other threads do. */
    static void failNow(Throwable why) {
        complain("failed: " + why);
        why.printStackTrace();
        Runtime.getRuntime().halt(FAILED);
    }

    private static void complain(String message) {
        System.err.println("loom driver: " + message);
    }
}
