package mnbench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Messages are bytes, and made of 64-bit words. */
public final class Words {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Words() {}

    public static long get(byte[] message, int k) {
        return (long) WORD.get(message, 8 * k);
    }

    public static void put(byte[] message, int k, long word) {
        WORD.set(message, 8 * k, word);
    }

    /** The sum of all words. */
    public static long sum(byte[] message) {
        long sum = 0;
        for (int at = 0; at + 8 <= message.length; at += 8) {
            sum += (long) WORD.get(message, at);
        }
        return sum;
    }
}
