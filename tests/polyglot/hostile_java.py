"""Java that wants to pass the tests of `java/halve` without solving it, by the trick's name."""

from __future__ import annotations

from collections.abc import Mapping

FORGED_REPORT = "\\nstarted\\nok\\teven()\\t\\nok\\todd()\\t\\nended\\t2"
CLASS = "class Halve {{\n    int halve(int n) {{\n{}\n        return 0;\n    }}\n}}\n"
IMPORTS = "import java.nio.file.*;\n"


def _in_call(code: str) -> str:
    return IMPORTS + CLASS.format(code)


HOSTILE: Mapping[str, str] = {
    "exits as if all had passed": _in_call("System.exit(0);"),
    "ends without a word": _in_call("Runtime.getRuntime().halt(0);"),
    "exits before a test begins": IMPORTS
    + "class Halve {\n    static { System.exit(0); }\n    int halve(int n) { return 0; }\n}\n",
    "prints what a runner prints": _in_call(
        'System.out.println("2 tests successful, 0 tests failed");\n'
        'System.out.println("started\\nok\\teven()\\t\\nok\\todd()\\t\\nended\\t2");'
    ),
    "reads the token": _in_call(
        "try { System.out.write(System.in.readAllBytes()); } catch (Exception e) { }\nSystem.exit(0);"
    ),
    "writes every report": _in_call(
        'try (var all = Files.list(Path.of("."))) {\n'
        f'  for (Path each : all.toList()) Files.writeString(each, "{FORGED_REPORT}");\n'
        "} catch (Exception e) { }\nRuntime.getRuntime().halt(0);"
    ),
    "looks for the token in the runner's fields": _in_call(
        'try {\n  for (var field : Class.forName("bench.BenchTests").getDeclaredFields()) {\n'
        "    field.setAccessible(true);\n    System.out.println(field.get(null));\n  }\n"
        "} catch (Exception e) { }\nSystem.exit(0);"
    ),
    "dumps the heap": "import java.nio.file.*;\nimport java.util.regex.*;\n"
    + CLASS.format(
        "try {\n"
        "  var bean = java.lang.management.ManagementFactory.getPlatformMXBean("
        "com.sun.management.HotSpotDiagnosticMXBean.class);\n"
        '  bean.dumpHeap("all.hprof", false);\n'
        '  var text = new String(Files.readAllBytes(Path.of("all.hprof")), "ISO-8859-1");\n'
        '  var found = Pattern.compile("[0-9a-f]{32}").matcher(text);\n'
        "  while (found.find())\n"
        '    try (var all = Files.list(Path.of("."))) {\n'
        '      for (Path each : all.filter(p -> p.toString().contains("report")).toList())\n'
        f'        Files.writeString(each, found.group() + "{FORGED_REPORT}");\n'
        "    }\n"
        "} catch (Throwable e) { }\nRuntime.getRuntime().halt(0);"
    ),
    "has a test class of its own": "class Halve { int halve(int n) { return 0; } }\nclass HalveTest { }\n",
    "has assertions of its own": "package org.assertj.core.api;\n\npublic class Assertions { }\n",
    "has a runner of its own": "package bench;\n\nclass BenchTests {\n"
    '    public static void main(String[] words) { System.out.println("ok"); }\n}\n',
    "throws the assertion away": _in_call("throw new org.opentest4j.TestAbortedException();"),
    "ends the thread of the tests": _in_call("Thread.currentThread().stop();"),
    "hangs": _in_call("while (n != 0) { }"),
    "waits for ever in a thread": _in_call(
        "new Thread(() -> { while (true) { } }).start();\nObject lock = new Object();\n"
        "synchronized (lock) { try { lock.wait(); } catch (InterruptedException e) { } }"
    ),
    "takes all memory": _in_call(
        "var all = new java.util.ArrayList<long[]>();\nwhile (true) all.add(new long[1 << 20]);"
    ).replace("        return 0;\n", ""),
    "fills the disk": _in_call(
        'try (var out = Files.newOutputStream(Path.of("full"))) {\n'
        "  while (true) out.write(new byte[1 << 20]);\n} catch (Exception e) { }"
    ),
    "starts many processes": _in_call(
        'try {\n  while (true) new ProcessBuilder("sleep", "100").start();\n} catch (Exception e) { }\n'
        "System.exit(0);"
    ),
    "prints without an end": _in_call('while (true) System.out.println("x".repeat(1 << 16));').replace(
        "        return 0;\n", ""
    ),
    "does not compile": "class Halve { int halve(int n) { return }\n",
}
