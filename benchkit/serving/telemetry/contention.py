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
_MB = 1 << 20


@dataclass(frozen=True)
class Contention:
    """Shares of the time since the first reading, and what others take at this moment."""

    taken_by_others_percent: float | None = None  # of all processors that we may use
    pressure_percent: float | None = None  # of the time: some process was ready and got no processor
    taken_lately_percent: float | None = None  # by others, since the reading before
    ram_of_others_mb: float | None = None  # what they keep for themselves, now


class ContentionMeter:
    """The system's busy time less that of our own processes, and the time for which processes had to wait."""

    def __init__(self, servers: Callable[[], Iterable[int]]) -> None:
        self._servers = servers
        self._cpus = _usable_cpus()
        self._before: dict[int, float] = {}  # what servers started by others had used when first seen
        self._own_before, _ = self._own()
        self._last = (0.0, 0.0)  # seconds since the beginning, and those that others had taken by then
        self._began, self._busy, self._pressure = time.monotonic(), _busy_s(self._cpus), _pressure_s()

    def read(self) -> Contention:
        seconds = time.monotonic() - self._began
        if seconds <= 0:
            return Contention()
        busy = _busy_s(self._cpus) - self._busy
        own_s, own_mb = self._own()
        others = max(0.0, busy - (own_s - self._own_before))
        before, self._last = self._last, (seconds, others)
        pressure = None if self._pressure is None else _pressure_s()
        waited = None if pressure is None or self._pressure is None else pressure - self._pressure
        return Contention(
            self._share(others, seconds),
            None if waited is None else _percent(waited, seconds),
            self._share(others - before[1], seconds - before[0]),
            max(0.0, psutil.virtual_memory().used / _MB - own_mb),
        )

    def _share(self, taken_s: float, seconds: float) -> float | None:
        return _percent(taken_s, seconds * len(self._cpus))

    def _own(self) -> tuple[float, float]:
        """Of this process, of all below it, also those that have ended, and of servers that run beside us.

        Their processor time, and the MB that they share with nobody.
        """
        seconds, megabytes, ours = _tree(os.getpid())
        for pid in self._servers():
            if pid not in ours:
                used, more, _ = _tree(pid)
                seconds += used - self._before.setdefault(pid, used)
                megabytes += more
        return seconds, megabytes


def _percent(part: float, whole: float) -> float | None:
    return min(100.0, max(0.0, 100 * part / whole)) if whole > 0 else None


def _tree(root: int) -> tuple[float, float, set[int]]:
    """The processor time of a process and its descendants, reaped ones included; their MB; their ids."""
    seconds, megabytes, members = 0.0, 0.0, set()
    with suppress(psutil.Error):
        process = psutil.Process(root)
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                times, memory = member.cpu_times(), member.memory_info()
                seconds += times.user + times.system + times.children_user + times.children_system
                megabytes += (memory.rss - getattr(memory, "shared", 0)) / _MB
                members.add(member.pid)
    return seconds, megabytes, members


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
