"""Memory that is free at this moment."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from benchkit.serving.telemetry.readers import open_reader
from benchkit.serving.telemetry.sums import vram_used_mb

_MB = 1 << 20


@dataclass(frozen=True)
class Room:
    """VRAM is None where no GPU reports it."""

    vram_mb: float | None
    ram_mb: float


def free_room() -> Room:
    """What a model that comes now may take."""
    import psutil

    with closing(open_reader()) as reader:
        total = [device.vram_total_mb for device in reader.devices if device.vram_total_mb is not None]
        used = vram_used_mb(reader.read())
    free = sum(total) - (used or 0.0) if total else None
    return Room(free, psutil.virtual_memory().available / _MB)
