"""Room on the disks where a run writes: enough to start it, and enough to go on with it."""

from __future__ import annotations

import shutil
from pathlib import Path

# Below the first nothing is started, below the second what runs is stopped while its record can be written.
ENOUGH_BYTES = 1 << 30
LEAST_BYTES = 1 << 28


def too_little_to_start(*places: Path) -> str | None:
    """In words how little is free on the fuller of their disks; None where it is enough."""
    return _too_little(places, ENOUGH_BYTES)


def too_little_to_go_on(*places: Path) -> str | None:
    """In words how little is free for a run that is under way; None where it is enough."""
    return _too_little(places, LEAST_BYTES)


def _too_little(places: tuple[Path, ...], wanted: int) -> str | None:
    free = min(shutil.disk_usage(_existing(place)).free for place in places)
    return None if free >= wanted else f"only {free / 1e6:,.0f} MB are free"


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.absolute().parents) if place.exists())
