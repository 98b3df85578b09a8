"""What a person sees: the error boundary of every command, and plain or live progress."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from benchkit.errors import BenchError, Interrupted

if TYPE_CHECKING:
    import click

LOG_TAIL_LINES = 20


def run_command(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a click command and leave: one line on stderr for what went wrong, never a traceback.

    The command's return value, where it is a number, is the exit code.
    """
    sys.exit(_exit_code(command, name, arguments))


def _exit_code(command: click.Command, name: str, arguments: Sequence[str] | None) -> int:
    import click

    try:
        result = command.main(args=arguments, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        complain(name, f"{error.format_message()} (see {name} --help)")
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, Interrupted):
        complain(name, "interrupted")
        return Interrupted.exit_code
    except BenchError as error:
        complain(name, str(error), error.log)
        return error.exit_code
    except BrokenPipeError:
        # The reader (head, less) has gone; flushing at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        complain(name, f"{type(error).__name__}: {error} — a bug of ours; please report {save_traceback()}")
        return 1


def complain(name: str, message: str, log: str = "") -> None:
    """One line on stderr, and the tail of what a program said below it."""
    print(f"{name}: {' '.join(message.split())}", file=sys.stderr)
    for line in log.splitlines()[-LOG_TAIL_LINES:]:
        print(f"  | {line}", file=sys.stderr)


def save_traceback() -> Path:
    """Write the exception being handled to a file that can be pasted into a report."""
    with tempfile.NamedTemporaryFile("w", prefix="bench_runner-", suffix=".log", delete=False) as log:
        log.write(f"command: {sys.argv}\npython: {sys.version}\nplatform: {sys.platform}\n\n")
        traceback.print_exc(file=log)
    return Path(log.name)
