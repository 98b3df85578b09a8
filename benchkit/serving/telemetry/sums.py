"""What many readings come to: nothing is kept of each but its part in the sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from benchkit.records import Telemetry
from benchkit.serving.telemetry.base import HARMFUL_THROTTLING, MOST_W, Device, DeviceReading
from benchkit.serving.telemetry.contention import Contention

_J_PER_WH = 3600.0
_MOST_SILENT = 0.05  # of the time without a power reading: beyond it the energy is not known
_COUNTER_LAG_S = 2.0


@dataclass
class DeviceSums:
    """One GPU's."""

    device: Device
    first: DeviceReading
    vram_peak_mb: float | None = None
    temperature_c_max: float | None = None
    busy_seconds: float | None = None
    integrated_j: float | None = None
    counted_j: float | None = None
    throttle_reasons: frozenset[str] | None = None
    seconds: float = 0.0
    silent_s: float = 0.0  # without a power reading
    counter_jumped: bool = False
    last: DeviceReading = field(default_factory=DeviceReading)

    def add(self, reading: DeviceReading, seconds: float) -> None:
        """Take in a reading that came so many seconds after the one before."""
        self.vram_peak_mb = _larger(self.vram_peak_mb, reading.vram_used_mb)
        self.temperature_c_max = _larger(self.temperature_c_max, reading.temperature_c)
        if reading.throttle_reasons is not None:
            self.throttle_reasons = (self.throttle_reasons or frozenset()) | reading.throttle_reasons
        if reading.utilization_percent is not None:
            self.busy_seconds = (self.busy_seconds or 0.0) + seconds * reading.utilization_percent / 100
        self.seconds += seconds
        if reading.power_w is None:
            self.silent_s += seconds
        else:
            before = self.last.power_w if self.last.power_w is not None else reading.power_w
            self.integrated_j = (self.integrated_j or 0.0) + seconds * (reading.power_w + before) / 2
        self._add_counter(reading.energy_j, seconds)
        self.last = reading

    def _add_counter(self, energy_j: float | None, seconds: float) -> None:
        """A driver that was reset counts from zero, and what it counts later tells nothing of the whole."""
        first, before = self.first.energy_j, self.last.energy_j
        if energy_j is None or first is None:
            self.counted_j = None
            return
        grown, span = (energy_j - first, self.seconds) if before is None else (energy_j - before, seconds)
        self.counter_jumped |= not 0 <= grown <= MOST_W * (span + _COUNTER_LAG_S)
        self.counted_j = None if self.counter_jumped else energy_j - first

    @property
    def energy_j(self) -> float | None:
        if self.counted_j is not None:
            return self.counted_j
        return self.integrated_j if self.silent_s <= _MOST_SILENT * self.seconds else None

    def record(self, seconds: float) -> dict[str, Any]:
        return {
            "index": self.device.index,
            "name": self.device.name,
            "vram_total_mb": _rounded(self.device.vram_total_mb),
            "vram_before_mb": _rounded(self.first.vram_used_mb),
            "vram_peak_mb": _rounded(self.vram_peak_mb),
            "vram_last_mb": _rounded(self.last.vram_used_mb),
            "utilization_percent_mean": _rounded(_share(self.busy_seconds, seconds)),
            "energy_wh": _watt_hours(self.energy_j),
            "temperature_c_max": self.temperature_c_max,
            "throttle_reasons": None if self.throttle_reasons is None else sorted(self.throttle_reasons),
        }


class Sums:
    """Everything's: the GPUs one by one and together, the server's RAM and CPU, other processes' VRAM."""

    def __init__(self, devices: Iterable[Device], first: Iterable[DeviceReading]) -> None:
        self.devices = [DeviceSums(device, reading) for device, reading in zip(devices, first, strict=True)]
        self.seconds = 0.0
        self.vram_peak_mb: float | None = None
        self.ram_peak_mb: float | None = None
        self.cpu_s: float | None = None
        self.taken_by_others_mb: float | None = None
        self.contention = Contention()

    def add(self, readings: tuple[DeviceReading, ...], seconds: float) -> None:
        self.seconds += seconds
        self.vram_peak_mb = _larger(self.vram_peak_mb, vram_used_mb(readings))
        for device, reading in zip(self.devices, readings, strict=True):
            device.add(reading, seconds)

    def add_server(self, ram_mb: float | None, cpu_s: float) -> None:
        if ram_mb is not None:
            self.ram_peak_mb = _larger(self.ram_peak_mb, ram_mb)
            self.cpu_s = cpu_s

    def add_others(self, taken_mb: float | None) -> None:
        self.taken_by_others_mb = _larger(self.taken_by_others_mb, taken_mb)

    def telemetry(
        self, before: float | None, idle_w: float | None, after: float | None, server_seconds: float
    ) -> Telemetry:
        """`idle_w` is what the GPUs drew before the server came, where that is known."""
        energy = total(device.energy_j for device in self.devices)
        above = None if energy is None or idle_w is None else max(0.0, energy - idle_w * self.seconds)
        reasons = [one.throttle_reasons for one in self.devices if one.throttle_reasons is not None]
        temperatures = [one.temperature_c_max for one in self.devices if one.temperature_c_max is not None]
        return Telemetry(
            vram_before_mb=_rounded(before),
            vram_peak_mb=_rounded(self.vram_peak_mb),
            vram_after_mb=_rounded(after),
            ram_peak_mb=_rounded(self.ram_peak_mb),
            cpu_percent_mean=_rounded(_share(self.cpu_s, server_seconds)),
            energy_wh=_watt_hours(energy),
            energy_above_idle_wh=_watt_hours(above),
            energy_source=None if energy is None else self._energy_source(),
            power_w_mean=_rounded(energy / self.seconds) if energy is not None and self.seconds else None,
            temperature_c_max=max(temperatures, default=None),
            throttled=any(each & HARMFUL_THROTTLING for each in reasons) if reasons else None,
            vram_taken_by_others_mb=_rounded(self.taken_by_others_mb),
            cpu_taken_by_others_percent=_rounded(self.contention.taken_by_others_percent),
            cpu_pressure_percent=_rounded(self.contention.pressure_percent),
            devices=tuple(device.record(self.seconds) for device in self.devices),
        )

    def _energy_source(self) -> str:
        counted = all(device.counted_j is not None for device in self.devices)
        return "counter" if counted else "integrated power"


def vram_used_mb(readings: Iterable[DeviceReading]) -> float | None:
    return total(reading.vram_used_mb for reading in readings)


def power_w(readings: Iterable[DeviceReading]) -> float | None:
    return total(reading.power_w for reading in readings)


def total(values: Iterable[float | None]) -> float | None:
    """The sum; None of nothing, and None as soon as one part is not known."""
    parts = list(values)
    known = [part for part in parts if part is not None]
    return sum(known) if parts and len(known) == len(parts) else None


def _larger(one: float | None, other: float | None) -> float | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _share(part: float | None, whole: float) -> float | None:
    return None if part is None or not whole else 100 * part / whole


def _watt_hours(joules: float | None) -> float | None:
    return None if joules is None else round(joules / _J_PER_WH, 4)
