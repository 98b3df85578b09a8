// Runs the tests of the named classes by JUnit and reports each, with the token that is read before anything else.
package bench;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

final class BenchTests {
  private static final int MOST_FRAMES = 12;

  // The token is in no field, where reflection finds it, and not as it is in memory, where a dump would show it.
  public static void main(String[] classes) throws IOException {
    byte[] token = line();
    int space = 0;
    while (space < token.length && token[space] != ' ') ++space;
    String name = new String(token, space + 1, token.length - space - 1, StandardCharsets.UTF_8);
    byte[] mask = new byte[space];
    new SecureRandom().nextBytes(mask);
    byte[] masked = new byte[space];
    for (int at = 0; at < space; ++at) masked[at] = (byte) (token[at] ^ mask[at]);
    Arrays.fill(token, (byte) 0);
    OutputStream report =
        Files.newOutputStream(Path.of(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

    Listener listener = new Listener();
    LauncherFactory.create().execute(request(classes), listener);

    for (int at = 0; at < space; ++at) masked[at] ^= mask[at];
    report.write(masked);
    report.write(("\nstarted\n" + listener.lines + "ended\t" + listener.seen).getBytes(StandardCharsets.UTF_8));
    report.close();
    System.out.flush();
    System.err.flush();
    Runtime.getRuntime().halt(0); // what an answer left to run at the end, or in threads, is not waited for
  }

  private static LauncherDiscoveryRequest request(String[] classes) {
    List<DiscoverySelector> selectors =
        Arrays.stream(classes).map(name -> (DiscoverySelector) selectClass(name)).collect(Collectors.toList());
    return LauncherDiscoveryRequestBuilder.request().selectors(selectors).build();
  }

  private static byte[] line() throws IOException {
    byte[] read = new byte[4096];
    int length = 0;
    for (int next = System.in.read(); next > ' ' || next == ' '; next = System.in.read()) read[length++] = (byte) next;
    byte[] line = Arrays.copyOf(read, length);
    Arrays.fill(read, (byte) 0);
    return line;
  }

  private static final class Listener implements TestExecutionListener {
    private final StringBuilder lines = new StringBuilder();
    private int seen = 0;

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      add("skipped", test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      boolean sound = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
      if (!test.isTest() && sound) return; // a class, or an engine
      Throwable why = result.getThrowable().orElse(null);
      add(sound ? "ok" : "failed", test, why == null ? "" : String.valueOf(why.getMessage()));
      if (!sound) tell(test, why);
    }

    private synchronized void add(String status, TestIdentifier test, String message) {
      ++seen;
      lines.append(status).append('\t').append(oneLine(test.getDisplayName())).append('\t');
      lines.append(oneLine(message)).append('\n');
    }

    private static String oneLine(String text) {
      String line = text.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
      return line.length() > 300 ? line.substring(0, 300) : line;
    }

    private static void tell(TestIdentifier test, Throwable why) {
      System.out.println("\nFAILED " + test.getDisplayName());
      if (why == null) return;
      System.out.println("    " + why);
      StackTraceElement[] frames = why.getStackTrace();
      Arrays.stream(frames)
          .filter(frame -> !frame.getClassName().matches("(?:org\\.(?:junit|assertj)|java|jdk|bench)\\..*"))
          .limit(MOST_FRAMES)
          .forEach(frame -> System.out.println("        at " + frame));
    }
  }
}
