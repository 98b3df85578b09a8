# ruff: noqa: E501
# Programs are quoted line by line as they are.
"""Whole programs: their descriptors, their end, their times."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchkit.errors import SandboxError
from benchkit.judging.sandbox import Limits, Program, Sandbox, open_sandbox
from benchkit.records import Verdict


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM); import time; time.sleep(9)", "SIGTERM"),
        ("import os; os.abort()", "SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    ],
)
def test_the_real_signal(sandbox: Sandbox, source: str, name: str) -> None:
    """What killed a program is told as it was."""
    outcome = sandbox.run(Program(source=source), Limits(wall_s=60))
    assert (outcome.verdict, outcome.signal, outcome.exit_code) == (Verdict.ERROR, name, None)


@pytest.mark.parametrize(
    ("source", "code", "stderr"),
    [
        ("import sys; sys.exit(3)", 3, b""),
        ("import sys; sys.exit('words')", 1, b"words\n"),
        ("raise ValueError('x')", 1, b'Traceback (most recent call last):\n  File "main.py", line 1, in <module>\n'
         b"    raise ValueError('x')\nValueError: x\n"),
        ("x = (", 1, b""),
    ],
)  # fmt: skip
def test_exit_codes_and_tracebacks(best: Sandbox, source: str, code: int, stderr: bytes) -> None:
    """As `python main.py` itself would end, and nothing of ours in the traceback."""
    outcome = best.run(Program(source=source))
    assert (outcome.verdict, outcome.exit_code) == (Verdict.ERROR, code)
    assert outcome.stderr == stderr or not stderr


def test_cpu_time_and_peak_memory(sandbox: Sandbox) -> None:
    """Told of the program itself: 0.3 s of work and 200 MB."""
    work = (
        "x = bytearray(200 << 20)\nimport time\n"
        "while time.process_time() < 0.3: pass\nprint(time.process_time())"
    )
    outcome = sandbox.run(Program(source=work), Limits(wall_s=60))
    own = float(outcome.stdout)  # what it counted itself, a moment before its end
    assert own <= outcome.cpu_seconds < own + 0.5
    assert 200 <= outcome.peak_mb < 260
    assert outcome.seconds >= 0.3


def test_sleeping_costs_no_cpu_time(best: Sandbox) -> None:
    """Wall and CPU time are two things."""
    outcome = best.run(Program(source="import time; time.sleep(0.3)"))
    assert outcome.seconds >= 0.3
    assert outcome.cpu_seconds < 0.2


def test_cpu_limit(sandbox: Sandbox) -> None:
    """CPU time has a limit of its own."""
    limits = Limits(wall_s=60, cpu_s=1)  # on a busy machine a second of it takes a while
    plain = sandbox.run(Program(source="while True: pass"), limits)
    assert (plain.verdict, plain.signal) == (Verdict.TIMEOUT, "SIGXCPU")


def test_a_program_that_ignores_the_warning_of_its_cpu_limit(best: Sandbox) -> None:
    """It is killed a second later."""
    source = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    deaf = best.run(Program(source=source), Limits(wall_s=60, cpu_s=1))
    assert (deaf.verdict, deaf.signal) == (Verdict.TIMEOUT, "SIGKILL")
    assert deaf.cpu_seconds < 3


@pytest.mark.parametrize("size", [1, 65_536, 5_000_000])
def test_both_directions_at_once(best: Sandbox, size: int) -> None:
    """What goes in comes out, also where neither end can hold it all."""
    source = "import sys, shutil; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)"
    data = b"x" * size
    assert best.run(Program(source=source, stdin=data)).stdout == data


def test_input_that_nobody_reads(best: Sandbox) -> None:
    """Is no error and holds nobody up."""
    assert best.run(Program(source="print('ok')", stdin=b"x" * 5_000_000)).stdout == b"ok\n"


@pytest.mark.parametrize(
    "source",
    [
        "f = open(1, 'w')\nf.write('hi')",
        "import os\nf = os.fdopen(1, 'w')\nf.write('hi')",
        "f = open('/dev/stdout', 'w')\nf.write('hi')",
        "import sys\nsys.__stdout__.write('hi')",
        "def main():\n    global f\n    f = open(1, 'w')\n    f.write('hi')\nmain()",
    ],
)
def test_output_that_nobody_flushed(best: Sandbox, source: str) -> None:
    """What a file of the program's own still holds is written out at its end, as plain Python does."""
    assert best.run(Program(source=source)).stdout == b"hi"


def test_output_limit(best: Sandbox) -> None:
    """Up to the limit all is kept; beyond it the verdict says so."""
    source = "import os\nos.write(1, b'x' * 1000)\nos.write(2, b'y' * 10)"
    within, beyond = (best.run(Program(source=source), Limits(output_bytes=n)) for n in (1000, 999))
    assert (within.verdict, len(within.stdout), within.stderr) == (Verdict.PASSED, 1000, b"y" * 10)
    assert (beyond.verdict, len(beyond.stdout)) == (Verdict.OUTPUT_LIMIT, 999)


@pytest.mark.parametrize(
    ("argv", "files"),
    [
        (
            (
                "node",
                "-e",
                "process.stdin.on('data', d => process.stdout.write(String(d).trim() * 2 + '\\n'))",
            ),
            {},
        ),
        (("sh", "-c", "read x; echo $((x * 2))"), {}),
        (("python3", "main.py"), {"main.py": b"print(int(input()) * 2)"}),
    ],
)
def test_other_languages(sandbox: Sandbox, argv: tuple[str, ...], files: dict[str, bytes]) -> None:
    """Any command of the toolchain, its files beside it."""
    if shutil.which(argv[0]) is None:
        pytest.skip(f"no {argv[0]} on this machine")
    if argv[0] == "python3" and any("root without" in warning for warning in sandbox.isolation.warnings):
        pytest.skip("only root can read this interpreter")
    limits = Limits(wall_s=60, processes=8, memory_mb=2048)
    outcome = sandbox.run(Program(argv=argv, files=files, stdin=b"21\n"), limits)
    assert (outcome.verdict, outcome.stdout) == (Verdict.PASSED, b"42\n"), outcome


def test_compile_and_run(sandbox: Sandbox) -> None:
    """A compiler is jailed as well; its product comes back and runs in the next program."""
    if shutil.which("g++") is None:
        pytest.skip("no g++ on this machine")
    source = b"#include <iostream>\nint main() { int x; std::cin >> x; std::cout << x * 2; }"
    compiler = Program(argv=("g++", "-O0", "a.cpp", "-o", "a.out"), files={"a.cpp": source}, keep=("a.out",))
    built = sandbox.run(compiler, Limits(wall_s=60, processes=8))
    assert built.verdict is Verdict.PASSED, built
    program = Program(argv=("./a.out",), files=built.files, executable=("a.out",), stdin=b"21")
    assert sandbox.run(program, Limits(wall_s=60)).stdout == b"42"


def test_kept_files_are_plain_files(sandbox: Sandbox) -> None:
    """A link is not followed out, a pipe not waited for."""
    source = "import os; os.symlink('/etc/passwd', 'a'); os.mkfifo('b'); open('c', 'w').write('x')"
    outcome = sandbox.run(Program(source=source, keep=("a", "b", "c", "d")))
    assert outcome.files == {"c": b"x"}


def test_a_missing_command(best: Sandbox) -> None:
    """Says which."""
    outcome = best.run(Program(argv=("no-such-command",)))
    assert (outcome.verdict, outcome.exit_code) == (Verdict.ERROR, 127)
    assert "no-such-command" in outcome.detail


@pytest.mark.parametrize("program", [Program(), Program(source="", argv=("true",))])
def test_a_program_is_one_of_two(best: Sandbox, program: Program) -> None:
    """Source or a command line; and file names stay within the folder."""
    with pytest.raises(SandboxError):
        best.run(program)


def test_kept_files_lie_at_the_top(best: Sandbox) -> None:
    """A folder on the way might be a link of the program's."""
    with pytest.raises(SandboxError, match="only files at the top"):
        best.run(Program(source="", keep=("a/b",)))


@pytest.mark.parametrize("name", ["/tmp/x", "../x", "a/../../x", "", "a\0b"])
def test_file_names_stay_within_the_folder(best: Sandbox, name: str) -> None:
    """A name that leads out is refused before anything runs."""
    with pytest.raises(SandboxError, match="private folder"):
        best.run(Program(source="", files={name: b""}))


def test_many_threads_share_the_workers() -> None:
    """More callers than workers: each waits its turn and gets its own answer."""
    with open_sandbox(workers=2) as sandbox, ThreadPoolExecutor(8) as pool:
        outcomes = pool.map(lambda n: sandbox.run(Program(source=f"print({n})")), range(60))
        assert [int(outcome.stdout) for outcome in outcomes] == list(range(60))
