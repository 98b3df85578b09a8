// Compiles what is below src/main/java and src/test/java, and packs each into a jar; one process for both.
package bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

final class BenchCompile {
  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

  // The class path, then the two jars to make.
  public static void main(String[] words) throws IOException {
    compile("src/main/java", words[0], words[1]);
    // The jars come first: nothing of an answer stands for a class of theirs.
    compile("src/test/java", words[0] + ":" + words[1], words[2]);
  }

  private static void compile(String sources, String classPath, String jar) throws IOException {
    Path classes = Files.createDirectories(Path.of("bench_classes", jar));
    List<String> options = List.of(
        "-proc:none", "-nowarn", "-XDuseUnsharedTable=true", "-encoding", "UTF-8",
        "-classpath", classPath, "-d", classes.toString());
    List<Path> files = found(Path.of(sources), ".java");
    if (!files.isEmpty()) {
      try (StandardJavaFileManager manager = COMPILER.getStandardFileManager(null, null, null)) {
        boolean sound = COMPILER.getTask(
            null, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files)).call();
        if (!sound) System.exit(1);
      }
    }
    pack(classes, Path.of(jar));
  }

  private static List<Path> found(Path folder, String suffix) throws IOException {
    if (!Files.isDirectory(folder)) return new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(path -> path.toString().endsWith(suffix) && Files.isRegularFile(path)).sorted().toList();
    }
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar); JarOutputStream packed = new JarOutputStream(file)) {
      packed.setLevel(0);
      for (Path path : found(classes, ".class")) {
        packed.putNextEntry(new JarEntry(classes.relativize(path).toString()));
        packed.write(Files.readAllBytes(path));
        packed.closeEntry();
      }
    }
  }
}
