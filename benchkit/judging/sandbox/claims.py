# ruff: noqa: PTH102, PTH110, PTH208
# For judges too, which start the sooner for what they do not import, and pathlib is such a thing.
"""Folders that belong to a process while it lives: by a lock, which the kernel releases at its end."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def claim(place: str, prefix: str) -> tuple[str, int]:
    """A new folder and its lock, a descriptor to close when the folder is removed."""
    while True:
        folder = f"{place}/{prefix}{os.urandom(6).hex()}"
        os.mkdir(folder, 0o700)
        with _lock_of(folder) as lock:
            if lock is not None and os.path.exists(folder):  # else it was taken for an abandoned one
                return folder, os.dup(lock)


def abandoned(place: str, prefix: str) -> Iterator[str]:
    """Those of our user whose owner has ended, each locked while it is looked at."""
    for name in os.listdir(place):
        if name.startswith(prefix):
            with _lock_of(f"{place}/{name}") as lock:
                if lock is not None:
                    yield f"{place}/{name}"


@contextmanager
def _lock_of(folder: str) -> Iterator[int | None]:
    """None where another process holds it, and where there is no such folder of ours."""
    try:
        lock = os.open(folder, _FOLDER)
    except OSError:
        yield None
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
    else:
        yield lock if os.fstat(lock).st_uid == os.geteuid() else None
    finally:
        os.close(lock)
