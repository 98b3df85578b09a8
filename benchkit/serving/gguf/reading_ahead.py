"""Reads a model's file into the page cache and computes its hash, with idle processor and disk time only.

A program of its own, so that the kernel can hold it back and it can be ended at any moment:

    python -m benchkit.serving.gguf.reading_ahead FILE.gguf BYTES_TO_LEAVE_FREE
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from benchkit.errors import BenchError
from benchkit.serving.gguf.hashing import sha256_of
from benchkit.serving.gguf.model import read_model_file

CHUNK = 32 << 20
MOST_PRESSURE = 5.0  # percent of the last ten seconds in which some process waited for memory
LOOKS_EVERY_S = 0.5  # whether whoever started it is still there
_PRESSURE = Path("/proc/pressure/memory")


def main() -> None:
    path, reserve = Path(sys.argv[1]), int(sys.argv[2])
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    lower_priority()
    with suppress(BenchError, OSError):  # the run itself will report what is wrong with the file
        model = read_model_file(path)
        left = model.size_bytes
        buffer = bytearray(CHUNK)
        for part in model.parts:
            with part.open("rb", buffering=0) as file:
                while memory_is_free(left + reserve):
                    read = file.readinto(buffer)
                    if not read:
                        break
                    left -= read
        if left <= 0:
            sha256_of(model)


def _end_with(parent: int) -> None:
    """A batch that was killed ends nothing itself, and hashing a large file takes minutes."""
    while os.getppid() == parent:
        time.sleep(LOOKS_EVERY_S)
    os._exit(1)


def lower_priority() -> None:
    """Use processor and disk only while they are idle."""
    import psutil

    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with suppress(OSError, AttributeError, psutil.Error):
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)


def memory_is_free(needed: int) -> bool:
    """Whether that much memory is free without displacing anything, and no process waits for memory."""
    import psutil

    return bool(psutil.virtual_memory().available > needed) and _pressure() < MOST_PRESSURE


def _pressure() -> float:
    with suppress(OSError, ValueError, IndexError):
        return float(_PRESSURE.read_text().split("avg10=")[1].split()[0])
    return 0.0


if __name__ == "__main__":
    main()
