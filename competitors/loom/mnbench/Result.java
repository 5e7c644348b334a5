package mnbench;

/**
 * What one iteration did: units of work and the answer, both unsigned 64-bit.
 */
public record Result(long units, long answer) {}
