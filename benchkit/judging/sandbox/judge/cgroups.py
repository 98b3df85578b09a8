# ruff: noqa: PTH106, PTH110
# A worker starts the sooner for what it does not import, and pathlib with all that it brings is such a thing.
"""Limits that all processes of a program share: a cgroup (version 2) a worker, where one is delegated to us.

Nothing depends on it: where none is delegated, or one fails, each process still has limits of its own. The
zygote enters its worker's cgroup before its first fork, so that programs are born there: to move each of them
would cost more than to run it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from operator import gt
from time import monotonic, sleep

from benchkit.judging.sandbox import claims
from benchkit.judging.sandbox.base import MIB

_WORKER = "bench-worker-"
_OWN_BYTES = 64 * MIB  # the zygote, and what the kernel keeps for each process
_OWN_TASKS = 16  # the zygote, its namespace's first process, and a program's own
_BURIAL_S = 1.0


class WorkerCgroup:
    """One worker's cgroup."""

    def __init__(self, place: str, pid: int | None = None) -> None:
        """With that process in it."""
        for folder in claims.abandoned(
            place, _WORKER
        ):  # by a judge that was killed, with its processes that still live
            _remove(folder)
        self.folder, self._lock = claims.claim(place, _WORKER)
        self._limits: tuple[int, int] | None = None
        self._events = self._before = (0, 0)  # that have been; and had been before the program
        try:
            with suppress(FileNotFoundError):  # a kernel without swap
                write(f"{self.folder}/memory.swap.max", "0")
            if pid is not None:
                write(f"{self.folder}/cgroup.procs", str(pid))
            self.events = os.open(f"{self.folder}/memory.events", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._leave()
            raise

    def limit(self, memory: int, tasks: int) -> None:
        """For the program that comes, and for all that it starts."""
        self._before = self._events
        if self._limits != (memory, tasks):
            write(f"{self.folder}/memory.max", str(memory + _OWN_BYTES))
            write(f"{self.folder}/pids.max", str(tasks + _OWN_TASKS))
            self._limits = (memory, tasks)

    def ran_out(self) -> bool:
        """Whether the program met our limit, and the kernel ended one of its processes for it.

        The kernel also ends processes where the machine is out of memory; no limit of ours was met then.
        """
        self._events = self._read_events()
        return all(map(gt, self._events, self._before))

    def _read_events(self) -> tuple[int, int]:
        counts = dict(row.split() for row in os.pread(self.events, 4096, 0).splitlines())
        return int(counts[b"oom"]), int(counts[b"oom_kill"])

    def close(self) -> None:
        os.close(self.events)
        self._leave()

    def _leave(self) -> None:
        _remove(self.folder)
        os.close(self._lock)


def write(path: str | os.PathLike[str], text: str) -> None:
    """In one call, and never a new file."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def _remove(folder: str) -> None:
    """Remove a cgroup; the kernel takes a moment to remove the processes that it ends."""
    with suppress(OSError):
        write(f"{folder}/cgroup.kill", "1")
    deadline = monotonic() + _BURIAL_S
    while os.path.exists(folder) and monotonic() < deadline:
        try:
            os.rmdir(folder)
        except OSError:
            sleep(0.002)
