package mnbench;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** A JSON object on a line of its own. The JDK has no JSON writer. */
final class Line {
    // Unbuffered, so that a line is out when it is written.
    private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

    private final StringBuilder text = new StringBuilder(128).append('{');

    Line put(String key, String value) {
        return name(key).string(value);
    }

    Line put(String key, long value) {
        name(key).text.append(value);
        return this;
    }

    /** An unsigned 64-bit number as a JSON number. */
    Line putUnsigned(String key, long value) {
        name(key).text.append(Long.toUnsignedString(value));
        return this;
    }

    Line put(String key, List<String> values) {
        name(key).text.append('[');
        for (String value : values) {
            if (text.charAt(text.length() - 1) != '[') {
                text.append(',');
            }
            string(value);
        }
        text.append(']');
        return this;
    }

    /** An array of pairs. */
    Line put(String key, Map<Long, Long> pairs) {
        name(key).text.append('[');
        for (Map.Entry<Long, Long> pair : pairs.entrySet()) {
            if (text.charAt(text.length() - 1) != '[') {
                text.append(',');
            }
            text.append('[').append(pair.getKey()).append(',').append(pair.getValue()).append(']');
        }
        text.append(']');
        return this;
    }

    Line put(String key, Line object) {
        name(key).text.append(object.text).append('}');
        return this;
    }

    /** Writes the line to standard output. */
    void write() throws IOException {
        OUT.write((text + "}\n").getBytes(StandardCharsets.UTF_8));
    }

    private Line name(String key) {
        if (text.length() > 1) {
            text.append(',');
        }
        string(key).text.append(':');
        return this;
    }

    private Line string(String value) {
        text.append('"');
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ') {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
        return this;
    }
}
