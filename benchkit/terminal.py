"""What a person sees: the error boundary of every command, lines and tables.

Nobody may be looking: streams are closed, pipes end, terminals go away. The work goes on all the same.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, NoReturn, TextIO

from benchkit.env_file import read_env_file
from benchkit.environment import answer_interrupts
from benchkit.errors import BenchError, Interrupted

if TYPE_CHECKING:
    import click

LOG_TAIL_LINES = 20
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)


def run_command(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a click command and leave: one line on stderr for what went wrong, never a traceback.

    The command's return value, where it is a number, is the exit code.
    """
    sys.exit(_exit_code(command, name, arguments))


def _exit_code(command: click.Command, name: str, arguments: Sequence[str] | None) -> int:
    import click

    _prepare_streams()
    code = 0
    try:
        answer_interrupts()
        for complaint in read_env_file():
            complain(name, complaint)
        result = command.main(args=arguments, prog_name=name, standalone_mode=False)
        code = result if isinstance(result, int) else 0
        sys.stdout.flush()
        return code
    except click.ClickException as error:
        complain(name, f"{error.format_message()} (see {name} --help)")
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, Interrupted):
        complain(name, "interrupted")
        return Interrupted.exit_code
    except BenchError as error:
        complain(name, str(error), error.log)
        return error.exit_code
    except BrokenPipeError:  # the reader (head, less) has gone
        _silence(sys.stdout)
        return code
    except OSError as error:
        what = error.filename or ("the output" if error.errno in UNWRITABLE else type(error).__name__)
        complain(name, f"{what}: {error.strerror or error} (more in {save_traceback()})")
        _silence(sys.stdout)
        return 1
    except Exception as error:
        from benchkit.masking import Mask

        text = Mask(sys.argv).text(f"{type(error).__name__}: {error}")
        complain(name, f"{text} — a bug of ours; please report {save_traceback()}")
        return 1


def _prepare_streams() -> None:
    """Those that were closed lead nowhere, lest another file gets their number; the others take any text."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without "–" is no reason to fail


def complain(name: str, message: str, log: str = "") -> None:
    """One line on stderr, and the tail of what a program said below it."""
    say(f"{name}: {' '.join(message.split())}")
    for line in log.splitlines()[-LOG_TAIL_LINES:]:
        say(f"  | {line.expandtabs(4)}")


def say(line: str, stream: TextIO | None = None) -> None:
    """A line for the person, on stderr; words of others in it do not steer the terminal."""
    stream = stream or sys.stderr
    with whoever_reads(stream):
        # In one write: where Python does not buffer, the end of a line would come after other threads' lines.
        print(printable_lines(line) + "\n", end="", file=stream, flush=True)


@contextmanager
def whoever_reads(stream: IO[Any]) -> Iterator[None]:
    """For a stream that may have lost its reader: from then on it leads nowhere, and that is no failure."""
    try:
        yield
    except (OSError, ValueError):
        _silence(stream)


def _silence(stream: IO[Any]) -> None:
    """Let a stream lead nowhere; what it still holds is thrown away at exit without a complaint."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def save_traceback() -> str:
    """Write the exception being handled to a file that can be pasted into a report, and say where it is."""
    import tempfile  # like the others here, for the rare case
    import traceback

    from benchkit.masking import Mask

    mask = Mask(sys.argv)
    command = f"command: {mask.words(sys.argv)}\npython: {sys.version}\nplatform: {sys.platform}\n\n"
    report = command + mask.text(traceback.format_exc())
    try:
        with tempfile.NamedTemporaryFile(prefix="bench_runner-", suffix=".log", delete=False) as log:
            log.write(report.encode("utf-8", "backslashreplace"))  # an error can hold half a character
    except OSError as error:
        return f"it (no log could be written: {error.strerror})"
    return log.name


def how_many(count: int, what: str) -> str:
    """`1 run`, `2 runs`."""
    return counted(count, what, f"{what}s")


def counted(count: int, one: str, several: str) -> str:
    """`1 run was`, `2 runs were`."""
    return f"{count} {one if count == 1 else several}"


def printable(text: str) -> str:
    """Without the characters that move a terminal's cursor or hide text."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "�" for char in text)


def printable_lines(text: str) -> str:
    """The same of a text whose lines stay lines."""
    return "\n".join(map(printable, text.split("\n")))


def duration(seconds: float) -> str:
    """`45s`, `2m10s`, `3h05m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def print_json_list(records: Iterable[Mapping[str, Any]]) -> None:
    """A JSON list with one record a line."""
    import json

    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    print("[" + ",\n".join(lines) + "]")
