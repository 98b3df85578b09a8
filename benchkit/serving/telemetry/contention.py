"""How much of the processor other programs take while we measure: a shared speed is not the model's."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

PRESSURE = Path("/proc/pressure/cpu")
_US = 1e6


@dataclass(frozen=True)
class Contention:
    """Shares of the time since the first reading."""

    taken_by_others_percent: float | None = None  # of all processors that we may use
    pressure_percent: float | None = None  # of the time: some process was ready and got no processor


class ContentionMeter:
    """The system's busy time less that of our own processes, and the time for which processes had to wait."""

    def __init__(self, servers: Callable[[], Iterable[int]]) -> None:
        self._servers = servers
        self._cpus = _usable_cpus()
        self._before: dict[int, float] = {}  # what servers started by others had used when first seen
        self._own_before = self._own_s()
        self._began, self._busy, self._pressure = time.monotonic(), _busy_s(self._cpus), _pressure_s()

    def read(self) -> Contention:
        seconds = time.monotonic() - self._began
        if seconds <= 0:
            return Contention()
        busy = _busy_s(self._cpus) - self._busy
        others = max(0.0, busy - (self._own_s() - self._own_before))
        share = min(1.0, others / (seconds * len(self._cpus)))
        pressure = _pressure_s()
        if pressure is None or self._pressure is None:
            return Contention(100 * share)
        return Contention(100 * share, min(100.0, 100 * (pressure - self._pressure) / seconds))

    def _own_s(self) -> float:
        """Of this process, of all below it, also those that have ended, and of servers that run beside us."""
        total, ours = _tree_s(os.getpid())
        for pid in self._servers():
            if pid not in ours:
                used, _ = _tree_s(pid)
                total += used - self._before.setdefault(pid, used)
        return total


def _tree_s(root: int) -> tuple[float, set[int]]:
    """The processor time of a process and its descendants, reaped ones included; and their process ids."""
    total, members = 0.0, set()
    with suppress(psutil.Error):
        process = psutil.Process(root)
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                times = member.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
                members.add(member.pid)
    return total, members


def _usable_cpus() -> tuple[int, ...]:
    """The processors that we may run on; all where the system does not report them."""
    with suppress(AttributeError, OSError):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(psutil.cpu_count() or 1))


def _busy_s(cpus: Iterable[int]) -> float:
    """All but idle time of these processors; what a hypervisor took from them counts as busy, too."""
    each = psutil.cpu_times(percpu=True)
    return sum(_busy_of(each[cpu]) for cpu in cpus if cpu < len(each))


def _busy_of(times: object) -> float:
    names = ("user", "nice", "system", "irq", "softirq", "steal")  # guests' time is part of the user's
    return sum(getattr(times, name, 0.0) for name in names)


def _pressure_s() -> float | None:
    """For how long some process has waited for a processor since the system's start."""
    with suppress(OSError, ValueError, IndexError):
        return int(PRESSURE.read_text().splitlines()[0].rpartition("total=")[2]) / _US
    return None
