package mnbench;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds workloads by the names of their classes. */
final class Catalogue {
    private static final String PACKAGE = "mnbench.workload";
    private static final Pattern ID = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

    private Catalogue() {}

    /** The ids of all workloads, sorted. */
    static List<String> ids() throws IOException {
        Path classes = Path.of(URI.create(
                Driver.class.getProtectionDomain().getCodeSource().getLocation().toString()));
        try (Stream<Path> files = Files.list(classes.resolve(PACKAGE.replace('.', '/')))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class") && !name.contains("$"))
                    .map(name -> id(name.substring(0, name.length() - ".class".length())))
                    .sorted()
                    .toList();
        }
    }

    /** Makes the named workload. */
    static Workload make(String id, Params params) throws IOException, ReflectiveOperationException {
        if (!ID.matcher(id).matches()) {
            throw unknown(id);
        }
        Class<?> found;
        try {
            found = Class.forName(PACKAGE + "." + className(id));
        } catch (ClassNotFoundException e) {
            throw unknown(id);
        }
        Workload workload;
        try {
            workload = (Workload) found.getConstructor(Params.class).newInstance(params);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
        params.refuseUnknown();
        return workload;
    }

    private static Usage unknown(String id) throws IOException {
        return new Usage("unknown workload " + id + ": have " + String.join(", ", ids()));
    }

    /** FalseSharing is false-sharing. */
    private static String id(String className) {
        StringBuilder id = new StringBuilder();
        for (char c : className.toCharArray()) {
            if (Character.isUpperCase(c) && !id.isEmpty()) {
                id.append('-');
            }
            id.append(Character.toLowerCase(c));
        }
        return id.toString();
    }

    private static String className(String id) {
        StringBuilder name = new StringBuilder();
        for (String word : id.split("-")) {
            name.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
        }
        return name.toString();
    }
}
