"""Java: the answer's classes, then its tests, compiled in one process; JUnit with a listener of ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock

from benchkit.asking.tasks.base import Files
from benchkit.files import locked, new_folder
from benchkit.judging.tasks.harnesses.base import BuildPlan, Trial, TrialProgram, Unfit, support
from benchkit.languages import Toolchain
from benchkit.languages.finding import shared_folder
from benchkit.languages.java import JAVA, JAVAC, QUICK, find_jars, missing_library

SOURCES = ("java/BenchCompile.java", "java/BenchTests.java")
OURS = "bench.jar"
MAIN, TESTS = "src/main/java/", "src/test/java/"
PRODUCTS = ("bench_main.jar", "bench_tests.jar")
# Of a test program: its own threads need room beside the heap.
FOR_TESTS = ("-Xmx1024m", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:+DisableAttachMechanism")
# A sample of what exercises use: its classes are read from an archive afterwards.
SAMPLE = {
    f"{MAIN}Sample.java": "class Sample {\n  int one() {\n    return 1;\n  }\n}\n",
    f"{TESTS}SampleTest.java": """import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

public class SampleTest {
  private Sample sample;

  @BeforeEach
  public void setUp() {
    sample = new Sample();
  }

  @Test
  public void works() {
    assertThat(sample.one()).isEqualTo(1);
    assertThat(List.of("a", "b").stream().map(each -> each + "1").collect(Collectors.toList()))
        .containsExactly("a1", "b1");
    assertThat(String.format("%5.2f", 1.5)).isNotBlank();
  }

  @Test
  public void throwsOne() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> { throw new IllegalArgumentException("why"); })
        .withMessage("why");
  }
}
""",
}
LONGEST_WAIT_S = 120.0  # for another process that compiles the same
_preparing = Lock()


class JavaHarness:
    """No build tool and no processor of annotations is run: javac compiles, and packs two jars."""

    def prepare(self, toolchain: Toolchain) -> Sequence[Path]:
        folder = _folder(toolchain)
        with _preparing:
            if not folder.exists():
                folder.parent.mkdir(parents=True, exist_ok=True)
                with locked(folder, LONGEST_WAIT_S):
                    _make_folder(toolchain, folder)
        return (folder,)

    def missing(self, files: Files, _toolchain: Toolchain) -> str:
        sources = [content for name, content in files.items() if name.endswith(".java")]
        return missing_library(b"\n".join(sources).decode("utf-8", "replace"))

    def plan(self, trial: Trial, toolchain: Toolchain) -> BuildPlan:
        tests = [name for name in trial.tests if name.startswith(TESTS) and name.endswith(".java")]
        if not tests:
            raise Unfit(f"no {TESTS}*.java among the tests")
        names = [name.removeprefix(TESTS).removesuffix(".java").replace("/", ".") for name in sorted(tests)]
        sources = {name: content for name, content in trial.files.items() if name.endswith(".java")}
        folder = _folder(toolchain)
        run = TrialProgram({}, argv=_test_command(toolchain, folder, names), executable=PRODUCTS)
        return BuildPlan((run,), sources, _build_command(toolchain, folder), PRODUCTS)


def _build_command(toolchain: Toolchain, folder: Path, *more: str) -> tuple[str, ...]:
    archive = () if more else (f"-XX:SharedArchiveFile={folder / 'compile.jsa'}",)
    return (
        *(str(toolchain.executables[JAVA]), *QUICK, *archive, *more, "-cp", str(folder / OURS)),
        *("bench.BenchCompile", _class_path(), *PRODUCTS),
    )


def _test_command(toolchain: Toolchain, folder: Path, classes: Sequence[str], *more: str) -> tuple[str, ...]:
    archive = () if more else (f"-XX:SharedArchiveFile={folder / 'tests.jsa'}",)
    # What is an answer's comes last: no class of it stands for one of a test, of JUnit, or of ours.
    class_path = os.pathsep.join((str(folder / OURS), _class_path(), *reversed(PRODUCTS)))
    return (
        *(str(toolchain.executables[JAVA]), *FOR_TESTS, *archive, *more, "-cp", class_path),
        *("bench.BenchTests", *classes),
    )


def _class_path() -> str:
    return os.pathsep.join(map(str, find_jars().values()))


def _folder(toolchain: Toolchain) -> Path:
    """Another one for other sources of ours, another JDK, other jars."""
    whole = sha256(b"".join(map(support, SOURCES)) + "".join(SAMPLE.values()).encode())
    for path in (*toolchain.executables.values(), *find_jars().values()):
        facts = path.stat()
        whole.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    return shared_folder() / "java" / f"{toolchain.version}-{whole.hexdigest()[:12]}"


def _make_folder(toolchain: Toolchain, folder: Path) -> None:
    """Unless another process has made it meanwhile; archives hold its path, and so are made in it."""
    if not folder.exists():
        with new_folder(folder) as draft:
            _compile_ours(toolchain, draft)
        _archive(toolchain, folder)


def _compile_ours(toolchain: Toolchain, folder: Path) -> None:
    for name in SOURCES:
        (folder / Path(name).name).write_bytes(support(name))
    sources = [Path(name).name for name in SOURCES]
    javac = str(toolchain.executables[JAVAC])
    _make(folder, javac, "-proc:none", "-nowarn", "-cp", _class_path(), "-d", "classes", *sources)
    jar = str(toolchain.executables[JAVAC].with_name("jar"))
    _make(folder, jar, "--create", "--file", OURS, "-C", "classes", ".")


def _archive(toolchain: Toolchain, folder: Path) -> None:
    """What compiling and testing load, for a quicker start; programs start without it too."""
    place = folder / "sample"
    for name, text in SAMPLE.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    at_exit = "-XX:ArchiveClassesAtExit={}"
    _make(place, *_build_command(toolchain, folder, at_exit.format(folder / "compile.jsa")))
    command = _test_command(toolchain, folder, ["SampleTest"], at_exit.format(folder / "tests.jsa"))
    _make(place, *command, said=b"token report\n")


def _make(folder: Path, *command: str, said: bytes = b"") -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, input=said)
