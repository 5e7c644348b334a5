package mnbench;

import java.util.HashMap;
import java.util.Map;

/** The command line of the driver. */
final class Args {
    static final String USAGE = """
            usage: Driver [--platform] [--warm-ms MS] describe
                   Driver [--platform] [--warm-ms MS] run WORKLOAD --workers N [--warmup W] [--iterations I]
                          [--seed S] [--mode parallel|serial] [--param NAME=NUMBER]...""";

    Threads.Kind kind = Threads.Kind.VIRTUAL;
    int warmMs = 0;
    String verb;
    String workload;
    boolean serial;
    int workers = 1;
    int warmup = 0;
    int iterations = 1;
    final Map<String, Long> params = new HashMap<>();

    static Args parse(String[] argv) {
        Args args = new Args();
        int at = args.parseSettings(argv);
        if (at == argv.length) {
            throw new Usage("no command: want describe or run");
        }
        args.verb = argv[at++];
        switch (args.verb) {
            case "describe" -> {
                if (at < argv.length) {
                    throw new Usage("describe: unexpected " + argv[at]);
                }
            }
            case "run" -> args.parseRun(argv, at);
            default -> throw new Usage("unknown command " + args.verb + ": want describe or run");
        }
        return args;
    }

    /** Reads what the manifest puts before the command; returns the index of the command. */
    private int parseSettings(String[] argv) {
        int at = 0;
        while (at < argv.length) {
            switch (argv[at]) {
                case "--platform" -> {
                    kind = Threads.Kind.PLATFORM;
                    at++;
                }
                case "--warm-ms" -> {
                    if (at + 1 == argv.length) {
                        throw new Usage("--warm-ms without a value");
                    }
                    warmMs = natural("--warm-ms", argv[at + 1], 0);
                    at += 2;
                }
                default -> {
                    return at;
                }
            }
        }
        return at;
    }

    private void parseRun(String[] argv, int at) {
        if (at == argv.length || argv[at].startsWith("-")) {
            throw new Usage("run: no workload given");
        }
        workload = argv[at++];
        while (at < argv.length) {
            String flag = argv[at++];
            if (at == argv.length) {
                throw new Usage("run: " + flag + " without a value");
            }
            String value = argv[at++];
            switch (flag) {
                case "--workers" -> workers = natural(flag, value, 1);
                case "--warmup" -> warmup = natural(flag, value, 0);
                case "--iterations" -> iterations = natural(flag, value, 1);
                case "--seed" -> unsigned(flag, value); // no workload here draws random numbers yet
                case "--mode" -> serial = mode(value);
                case "--param" -> param(value);
                default -> throw new Usage("run: unknown flag " + flag);
            }
        }
        if (serial && workers != 1) {
            throw new Usage("run: serial mode has 1 worker, not " + workers);
        }
    }

    private void param(String assignment) {
        int eq = assignment.indexOf('=');
        if (eq < 1) {
            throw new Usage("--param " + assignment + ": want NAME=NUMBER");
        }
        String name = assignment.substring(0, eq);
        if (params.put(name, unsigned("--param " + name, assignment.substring(eq + 1))) != null) {
            throw new Usage("--param " + name + " is given twice");
        }
    }

    private static boolean mode(String value) {
        return switch (value) {
            case "serial" -> true;
            case "parallel" -> false;
            default -> throw new Usage("--mode " + value + ": want parallel or serial");
        };
    }

    private static int natural(String flag, String value, int min) {
        long number = unsigned(flag, value);
        if (number < min || number > Integer.MAX_VALUE) {
            throw new Usage(flag + " " + value + ": want a number from " + min + " to " + Integer.MAX_VALUE);
        }
        return (int) number;
    }

    private static long unsigned(String flag, String value) {
        try {
            return Long.parseUnsignedLong(value);
        } catch (NumberFormatException e) {
            throw new Usage(flag + " " + value + ": want an unsigned 64-bit number");
        }
    }
}
