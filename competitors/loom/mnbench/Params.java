package mnbench;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The parameters of a cell: unsigned 64-bit numbers by name. */
public final class Params {
    /** The elements that every Java virtual machine lets an array have. */
    public static final int ARRAY = Integer.MAX_VALUE - 8;

    private final Map<String, Long> given;
    private final Set<String> asked = new HashSet<>();

    Params(Map<String, Long> given) {
        this.given = given;
    }

    /** The named parameter, at least {@code min}, at most 2^63-1. */
    public long number(String name, long min) {
        asked.add(name);
        Long value = given.get(name);
        if (value == null) {
            throw new Usage("parameter " + name + " is missing: give --param " + name + "=NUMBER");
        }
        if (value < 0) {
            throw new Unsupported("parameter " + name + "=" + Long.toUnsignedString(value) + " is more than 2^63-1");
        }
        if (value < min) {
            throw new Usage("parameter " + name + "=" + value + " is too small: at least " + min);
        }
        return value;
    }

    /** The named parameter, 0 when it is not given. */
    public long optional(String name) {
        asked.add(name);
        return given.containsKey(name) ? number(name, 0) : 0;
    }

    /** The named parameter as a count of things that are kept in an array, at least {@code min}. */
    public int count(String name, int min) {
        return count(name, min, ARRAY);
    }

    /** The same, where the array must not hold more than {@code max} of them. */
    public int count(String name, int min, int max) {
        long value = number(name, min);
        if (value > max) {
            throw new Unsupported("parameter " + name + "=" + value + " is more than this driver can hold, " + max);
        }
        return (int) value;
    }

    /** Fails when a parameter was given that the workload did not ask for. */
    void refuseUnknown() {
        for (String name : given.keySet()) {
            if (!asked.contains(name)) {
                throw new Usage("unknown parameter " + name + ": have " + String.join(", ", new TreeSet<>(asked)));
            }
        }
    }
}
