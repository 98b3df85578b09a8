"""Real programs that keep processors busy: of our own tree, or of nobody we know."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LOOP = "while True: pass"
# Its parent ends at once, so that nothing ties it to whoever started it.
ORPHAN = (
    "import subprocess, sys; "
    f"print(subprocess.Popen([sys.executable, '-c', {LOOP!r}], stdout=subprocess.DEVNULL).pid)"
)


@contextmanager
def other_programs(count: int) -> Iterator[list[int]]:
    """Busy loops that are no processes of ours."""
    started: list[int] = []
    try:
        for _ in range(count):
            told = subprocess.check_output([sys.executable, "-c", ORPHAN], text=True, timeout=60)
            started.append(int(told))
        yield started
    finally:
        for pid in started:
            os.kill(pid, signal.SIGKILL)


@contextmanager
def own_programs(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Busy loops that are our children."""
    started = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()
