"""RAM and CPU of a server: of the processes it is known by and of all their children."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil

_MB = 1 << 20
_LOOK_AGAIN_S = 4.0  # finding children reads the whole process table: expensive, and trees change rarely


@dataclass(frozen=True)
class TreeReading:
    """All processes of the tree now; None where there are none."""

    ram_mb: float | None = None
    cpu_s: float = 0.0  # used since the first reading
    pids: frozenset[int] = frozenset()


class ProcessTree:
    """A server's processes, followed from reading to reading."""

    def __init__(self, roots: Callable[[], Iterable[int]]) -> None:
        self._roots = roots
        self._known: frozenset[int] = frozenset()
        self._members: dict[int, psutil.Process] = {}
        self._look_again = 0.0
        self._cpu_seen: dict[int, float] = {}
        self._cpu_s = 0.0

    def read(self) -> TreeReading:
        self._follow()
        ram = None
        for pid, process in list(self._members.items()):
            try:
                with process.oneshot():
                    ram = (ram or 0) + process.memory_info().rss
                    times = process.cpu_times()
                self._count_cpu(pid, times.user + times.system)
            except psutil.Error:
                self._forget(pid)
        megabytes = None if ram is None else ram / _MB
        return TreeReading(megabytes, self._cpu_s, frozenset(self._members))

    def _follow(self) -> None:
        """Bring the tree up to date when its roots change, and now and then."""
        roots = frozenset(self._roots())
        now = time.monotonic()
        if roots == self._known and now < self._look_again:
            return
        self._known, self._look_again = roots, now + _LOOK_AGAIN_S
        running = {process.pid: process for root in roots for process in _with_children(root)}
        for gone in self._members.keys() - running.keys():
            self._forget(gone)
        # Objects already known stay: they remember which process a number meant.
        self._members = running | {pid: old for pid, old in self._members.items() if running.get(pid) == old}

    def _count_cpu(self, pid: int, used: float) -> None:
        self._cpu_s += used - self._cpu_seen.get(pid, used)
        self._cpu_seen[pid] = used

    def _forget(self, pid: int) -> None:
        self._members.pop(pid, None)
        self._cpu_seen.pop(pid, None)


def _with_children(root: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []
