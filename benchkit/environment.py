"""Which Python a script of ours goes on with; parsed by old Pythons too, so keep it plain."""

import atexit
import gc
import os
import signal
import sys
from pathlib import Path

OBJECTS_BETWEEN_COLLECTIONS = 50_000
ROOT = Path(__file__).resolve().parent.parent


def use_own_environment() -> None:
    """Typed as ./bench_runner.py under the system's Python, go on in the clone's .venv.

    A Python of another virtual environment is somebody's choice and stays.
    """
    _end_silently_when_interrupted()
    own = ROOT / ".venv" / "bin" / "python"
    if sys.prefix == sys.base_prefix and os.access(str(own), os.X_OK):
        os.execv(str(own), [str(own), *sys.argv])
    if sys.version_info < (3, 11):  # noqa: UP036 — older Pythons get here and are told so
        sys.exit("bench_runner needs Python 3.11 or newer: run 'make install PYTHON=python3.12' here")
    try:
        import click  # noqa: F401 — only to see whether it is there
    except ImportError:
        sys.exit("bench_runner is not installed: run 'make install' in " + str(ROOT))
    _collect_garbage_seldom()


def _collect_garbage_seldom() -> None:
    """What is imported stays: to look through it again and again is an eighth of a short command's time."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)  # nor is it looked through at the end


def _end_silently_when_interrupted() -> None:
    """Ctrl-C during the imports would show where they were; a command that has begun has its own answer."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def answer_interrupts() -> None:
    """From here on Ctrl-C raises KeyboardInterrupt again, unless whoever started us has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
