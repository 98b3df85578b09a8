"""The thread that reads twice a second while a benchmark runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType

from benchkit.records import Telemetry
from benchkit.serving.telemetry.base import DeviceReading, Reader, believable
from benchkit.serving.telemetry.contention import Contention, ContentionMeter
from benchkit.serving.telemetry.processes import ProcessTree, TreeReading
from benchkit.serving.telemetry.readers import open_reader
from benchkit.serving.telemetry.sums import Sums, power_w, vram_used_mb

INTERVAL_S = 0.5
_CONTENTION_EACH_S = 4.0  # finding our processes reads the whole process table
_OTHERS_EACH = 4  # readings between two looks at whose the VRAM is


@dataclass(frozen=True)
class Reading:
    """One moment, all GPUs together; a line of telemetry.jsonl."""

    seconds: float
    vram_used_mb: float | None = None
    utilization_percent: float | None = None  # of the busiest GPU
    power_w: float | None = None
    temperature_c: float | None = None
    ram_mb: float | None = None
    cpu_percent: float | None = None  # of one core
    devices: tuple[dict[str, float | None], ...] = ()  # one by one, where there are several


@dataclass(frozen=True)
class Before:
    """The GPUs before the server started; None for what was not measured."""

    vram_mb: float | None = None
    power_w: float | None = None


class Sampler:
    """Samples from `with` to the context's end."""

    def __init__(
        self, pids: Callable[[], Iterable[int]], series: Path | None, reader: Reader, before: Before | None
    ) -> None:
        self._pids = pids
        self._series_path = series
        self._series: FileIO | None = None
        self._reader = reader
        self._tree = ProcessTree(pids)
        self._contention = ContentionMeter(pids)
        self._lock = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="telemetry", daemon=True)
        self._started = self._last = time.monotonic()
        self._contention_due = self._started + _CONTENTION_EACH_S
        self._server_seconds = 0.0
        self._cpu_before = 0.0
        self._count = 0
        self._vram_of_others_mb: float | None = None
        first = self._read()
        self._sums = Sums(reader.devices, first)
        self._others_before = _others(reader, frozenset())
        nobody = not tuple(pids())
        self.before = before or (Before(vram_used_mb(first), power_w(first)) if nobody else Before())
        self._now = Reading(0.0)
        self._sample()

    def __enter__(self) -> Sampler:
        if self._series_path:
            self._series = self._series_path.open("ab", buffering=0)  # unbuffered: a crash loses no reading
            self._write(self._now)
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._reader.close()
        if self._series:
            self._series.close()

    def _read(self) -> tuple[DeviceReading, ...]:
        return tuple(map(believable, self._reader.read()))

    def now(self) -> Reading:
        """The latest reading, at most half a second old."""
        return self._now

    def vram_used_mb(self) -> float | None:
        """VRAM in use on all devices at this moment; None where it is unknown."""
        with self._lock:
            return vram_used_mb(self._read())

    def summary(self) -> Telemetry:
        """The totals until now. VRAM after is known once the server has ended."""
        self._sample()
        with self._lock:
            self._read_contention(time.monotonic())
        gone = not tuple(self._pids())
        with self._lock:
            after = vram_used_mb(self._read()) if gone else None
            return self._sums.telemetry(self.before.vram_mb, self.before.power_w, after, self._server_seconds)

    def _run(self) -> None:
        due = self._started + INTERVAL_S
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            self._sample()
            due = max(due + INTERVAL_S, time.monotonic())

    def _sample(self) -> None:
        with self._lock:
            now = time.monotonic()
            seconds, self._last = now - self._last, now
            readings, server = self._read(), self._tree.read()
            self._sums.add(readings, seconds)
            self._add_server(server, seconds)
            if now >= self._contention_due:
                self._read_contention(now)
            previous, self._cpu_before = self._cpu_before, server.cpu_s
            percent = 100 * (server.cpu_s - previous) / seconds if server.pids and seconds else None
            self._now = _reading(now - self._started, readings, server.ram_mb, percent)
            self._write(self._now)

    def _read_contention(self, now: float) -> None:
        self._contention_due = now + _CONTENTION_EACH_S
        self._sums.contention = self._contention.read()

    def contention(self) -> Contention:
        """What other programs took of the processor until now, at most some seconds old."""
        return self._sums.contention

    def vram_of_others_mb(self) -> float | None:
        """What other programs take of it now, at most some seconds old."""
        return self._vram_of_others_mb

    def _add_server(self, server: TreeReading, seconds: float) -> None:
        self._sums.add_server(server.ram_mb, server.cpu_s)
        if server.pids:
            self._server_seconds += seconds
            if self._count % _OTHERS_EACH == 0:
                self._sums.add_others(self._taken(server.pids))
            self._count += 1

    def _taken(self, ours: frozenset[int]) -> float | None:
        """VRAM that others took since the start; unknown while the driver does not show our own either."""
        now = _others(self._reader, ours)
        if now is None or self._others_before is None or not now.ours_seen:
            self._vram_of_others_mb = None
            return None
        self._vram_of_others_mb = now.megabytes
        return max(0.0, now.megabytes - self._others_before.megabytes)

    def _write(self, reading: Reading) -> None:
        if self._series is None:
            return
        line = {key: value for key, value in asdict(reading).items() if value not in (None, ())}
        try:
            self._series.write(json.dumps(line).encode() + b"\n")
        except OSError:  # a full disk must not end the run that this only describes
            self._series.close()
            self._series = None


@dataclass(frozen=True)
class _Others:
    megabytes: float
    ours_seen: bool


def _others(reader: Reader, ours: frozenset[int]) -> _Others | None:
    processes = reader.processes()
    if processes is None:
        return None
    megabytes = sum(used for pid, used in processes.items() if pid not in ours)
    return _Others(megabytes, any(pid in ours for pid in processes))


def _reading(
    seconds: float, readings: tuple[DeviceReading, ...], ram_mb: float | None, cpu_percent: float | None
) -> Reading:
    return Reading(
        seconds=round(seconds, 3),
        vram_used_mb=vram_used_mb(readings),
        utilization_percent=_largest(one.utilization_percent for one in readings),
        power_w=power_w(readings),
        temperature_c=_largest(one.temperature_c for one in readings),
        ram_mb=ram_mb and round(ram_mb, 1),
        cpu_percent=cpu_percent and round(cpu_percent, 1),
        devices=tuple(_device_line(one) for one in readings) if len(readings) > 1 else (),
    )


def _device_line(reading: DeviceReading) -> dict[str, float | None]:
    return {"vram_used_mb": reading.vram_used_mb, "power_w": reading.power_w}


def _largest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


@contextmanager
def sampling(
    pids: Callable[[], Iterable[int]],
    series: Path | None = None,
    *,
    reader: Reader | None = None,
    before: Before | None = None,
) -> Iterator[Sampler]:
    """Watch the GPUs, and the processes whose roots `pids` names, until the context ends.

    Where the server runs already, as for the second of two runs that share it, `before` carries over what
    the first sampler saw (`Sampler.before`); without it VRAM before and energy above idle stay unknown.
    """
    with Sampler(pids, series, reader or open_reader(), before) as sampler:
        yield sampler
