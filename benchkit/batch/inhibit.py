"""Keeps the machine awake for the night, where the system offers a way."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

# `cat` ends when our end of its input closes, however we end; with it goes the inhibitor.
_COMMANDS = {
    "systemd-inhibit": (
        "--what=sleep:idle",
        "--who=bench_runner",
        "--why=benchmarks are running",
        "--mode=block",
        "cat",
    ),
    "caffeinate": ("-i", "cat"),
}


@contextmanager
def no_sleep() -> Iterator[bool]:
    """True inside where sleep is held off."""
    program = next((name for name in _COMMANDS if shutil.which(name)), None)
    if program is None:
        yield False
        return
    try:
        holder = subprocess.Popen(
            [program, *_COMMANDS[program]],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        yield False
        return
    try:
        yield holder.poll() is None
    finally:
        assert holder.stdin is not None
        holder.stdin.close()
        holder.wait(5)
