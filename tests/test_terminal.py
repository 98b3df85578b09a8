"""The error boundary and the displays, whoever reads them, or nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click
import pytest

from benchkit.running.display import LiveDisplay, PlainDisplay, open_display
from benchkit.running.live import Snapshot
from benchkit.terminal import complain, counted, run_command
from tests.support import ROOT

KEY = "sk-0123456789abcdef"


@pytest.fixture(autouse=True)
def logs_of_bugs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They lie in a folder of the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def in_a_shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The line, with $bench for the command."""
    bench = f"bench='{sys.executable} {ROOT / 'bench_runner.py'}'"
    return subprocess.run(
        f"{bench}; {line}", shell=True, cwd=folder, capture_output=True, text=True, check=False
    )


def everything_of(master: int) -> str:
    """What was written to a terminal that has been closed."""
    shown = b""
    with suppress(OSError):
        while piece := os.read(master, 1 << 16):
            shown += piece
    os.close(master)
    return shown.decode()


def leave(what: Callable[[], object]) -> int:
    """The exit code of a command that does this."""
    with pytest.raises(SystemExit) as left:
        run_command(click.Command("try", callback=what), "try", [])
    return int(str(left.value.code))


def test_closed_streams_are_nowhere(tmp_path: Path) -> None:
    """`>&-` and `2>&-` cost what would have been shown and nothing else."""
    done = in_a_shell("$bench list >&-; echo $?; $bench list 2>&- <&-", tmp_path)
    assert (done.stderr, done.stdout[:7]) == ("", "0\nno ru")


def test_output_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    """A full disk behind `>` is named, with exit code 1 and no traceback."""
    done = in_a_shell("$bench list >/dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr
    assert "bug" not in done.stderr


def test_a_bugs_log_holds_no_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys in flags, and what an error says of them, are *** on screen and in the log to be pasted."""
    monkeypatch.setattr(sys, "argv", ["bench_runner.py", "--api-key", KEY])

    def fail() -> None:
        raise RuntimeError(f"cannot use {KEY}")

    assert leave(fail) == 1
    (log,) = tmp_path.glob("bench_runner-*.log")
    shown = capsys.readouterr().err
    for text in (shown, log.read_text()):
        assert "cannot use ***" in text
        assert KEY not in text
    assert str(log) in shown


def test_a_bug_is_told_though_no_log_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no temporary file can be made the line still comes."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    assert leave(lambda: 1 // 0) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_errors_of_the_system_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The file where there is one, else the kind of error."""
    assert leave(lambda: Path("/nowhere/at/all").read_text()) == 1
    assert "try: /nowhere/at/all: No such file" in capsys.readouterr().err

    def fail() -> None:
        raise ConnectionError("nobody answers")

    assert leave(fail) == 1
    assert "try: ConnectionError: nobody answers" in capsys.readouterr().err


def test_a_display_nobody_reads_any_more_goes_on() -> None:
    """A pipe whose reader has gone, or a full disk, is no reason for the run to fail."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe, Path("/dev/full").open("wb") as full:
        display = PlainDisplay(full, pipe)
        for _ in range(3):
            display.line("a stage")
            display.output(b"what the script printed\n")


def test_a_terminal_that_has_gone_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live display goes on where each write ends in an error."""
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setattr(sys, "stdout", terminal)
        display = open_display(output_to_stderr=False)
        assert isinstance(display, LiveDisplay)
        os.close(master)
        display.line("a stage")
        display.progress("demo", Snapshot())
        display.output(b"what the script printed\n")
        display.progress_done()


def test_output_that_goes_to_a_file_gets_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With `> file` or `| tee` the script's output goes there, though a person looks at stderr."""
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as terminal, (tmp_path / "kept").open("w") as kept:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setattr(sys, "stdout", kept)
        open_display(output_to_stderr=False).output(b"pass@1: 50%\n")
    os.close(master)
    assert (tmp_path / "kept").read_bytes() == b"pass@1: 50%\n"


def test_a_line_that_comes_in_pieces_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts may write a line in pieces: the line at the bottom must not overwrite the first of them."""
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        display = LiveDisplay()
        for piece in (b"pass@1: ", b"50%", b"\n", b"h\xc3", b"\xb6her", b"\nthe end"):
            display.progress("demo", Snapshot())
            display.output(piece)
        display.progress_done()
    shown = everything_of(master)
    assert all(line in shown for line in ("pass@1: 50%\r\n", "höher\r\n", "the end\r\n"))


def test_words_of_others_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What a provider or a server says may hold escape sequences: they are shown as signs, in the log too."""
    complain("bench_runner.py", "the server says: \x1b[31mpay\x07\nnow", log="\x1b]0;title\x07\n\tdone\n")
    assert (
        capsys.readouterr().err
        == "bench_runner.py: the server says: �[31mpay� now\n  | �]0;title�\n  |     done\n"
    )


def test_an_interrupt_during_the_imports_shows_no_traceback() -> None:
    """Until a command begins it ends the process; then it is the command's own to answer."""
    script = """
import signal
from benchkit.environment import answer_interrupts, use_own_environment
use_own_environment()
answer_interrupts()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("answered", flush=True)
use_own_environment()
signal.raise_signal(signal.SIGINT)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "answered\n", "")


@pytest.mark.parametrize(("count", "told"), [(0, "0 runs were"), (1, "1 run was"), (2, "2 runs were")])
def test_a_verb_agrees_with_the_number_before_it(count: int, told: str) -> None:
    """`1 answers were cut off` is no sentence."""
    assert counted(count, "run was", "runs were") == told
