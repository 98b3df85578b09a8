"""The figures of a GPU, and what every kind of reader offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Protocol


@dataclass(frozen=True)
class Device:
    """A GPU's lasting facts."""

    index: int
    name: str
    vram_total_mb: float | None = None


@dataclass(frozen=True)
class DeviceReading:
    """One GPU at one moment; None for what it does not tell."""

    vram_used_mb: float | None = None
    utilization_percent: float | None = None
    power_w: float | None = None
    temperature_c: float | None = None
    energy_j: float | None = None  # a counter that only grows; its zero means nothing
    # Why the clocks are lower than they could be; None where the GPU does not report it.
    throttle_reasons: frozenset[str] | None = None


MOST_W = 10_000.0  # that any card draws


def believable(reading: DeviceReading) -> DeviceReading:
    """Without what can be no figure of a card: some drivers say 65535 for what they do not know."""
    return replace(
        reading,
        vram_used_mb=_between(reading.vram_used_mb, 0.0, 1e9),
        utilization_percent=_between(reading.utilization_percent, 0.0, 100.0),
        power_w=_between(reading.power_w, 0.0, MOST_W),
        temperature_c=_between(reading.temperature_c, -100.0, 250.0),
        energy_j=_between(reading.energy_j, 0.0, inf),
    )


def _between(value: float | None, least: float, most: float) -> float | None:
    return value if value is not None and least <= value <= most else None


# A power cap is how many cards are shipped and worth recording, but not a fault like these.
HARMFUL_THROTTLING = frozenset({"hardware slowdown", "thermal", "power brake"})


class Reader(Protocol):
    """The GPUs of one maker. Its methods raise nothing: a GPU that falls silent reads as None."""

    # The driver's version.
    @property
    def driver(self) -> str | None: ...

    # The GPUs, in the order in which `read` reports them.
    @property
    def devices(self) -> tuple[Device, ...]: ...

    # All GPUs now. Cheap: asked twice a second.
    def read(self) -> tuple[DeviceReading, ...]: ...

    # MB of VRAM by process id, all GPUs together; None where the driver does not tell. Asked more rarely.
    def processes(self) -> Mapping[int, float] | None: ...

    # Give back what reading took.
    def close(self) -> None: ...
