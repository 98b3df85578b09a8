"""The boxes of a cluster, idle ones too, as their batch sees them, which tells of them in a file."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchkit.files import atomic_write
from benchkit.json_values import number, text, texts
from benchkit.running.live.owner import Owner, read_owner, this_process

LATE_S = 10.0  # without a sign of life; a box gives several a second


@dataclass(frozen=True)
class BoxNow:
    """A box at one moment."""

    name: str
    gpus: tuple[str, ...] = ()
    vram_mb: float | None = None  # of all its GPUs
    engines: tuple[str, ...] = ()  # with their builds
    at_work: tuple[str, ...] = ()  # models that this batch has there
    is_there: bool = True  # the head knows it
    why_unused: str = ""  # why it gets nothing of this batch
    heard_at: float = 0.0  # its last sign of life, in seconds since the epoch by the batch's clock

    @property
    def doing(self) -> str:
        if not self.is_there:
            return "gone"
        if self.at_work:
            return f"at work: {', '.join(self.at_work)}"
        return f"idle: {self.why_unused}" if self.why_unused else "idle"

    def silent_s(self, now: float | None = None) -> float:
        """Since its last sign of life."""
        return max(0.0, (time.time() if now is None else now) - self.heard_at)

    def heard(self, now: float | None = None) -> str:
        silent = self.silent_s(now)
        return "now" if self.is_there and silent < LATE_S else f"{silent:.0f} s ago"


@contextmanager
def removed_in_the_end(path: Path) -> Iterator[None]:
    """The file is there only as long as the batch that writes it."""
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def write_boxes(path: Path, boxes: Sequence[BoxNow]) -> None:
    """That it cannot, such as on a full disk, is never the batch's failure."""
    record = {"owner": asdict(this_process()), "boxes": [asdict(box) for box in boxes]}
    with suppress(OSError):
        atomic_write(path, json.dumps(record))


def read_boxes(path: Path, owner: Owner | None) -> tuple[BoxNow, ...]:
    """As this process wrote them; none where another one did, such as a batch that was killed."""
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return ()
    if not isinstance(record, dict) or owner is None or read_owner(record.get("owner")) != owner:
        return ()
    boxes = record.get("boxes")
    return tuple(map(_box, filter(_is_box, boxes))) if isinstance(boxes, list) else ()


def _is_box(record: object) -> bool:
    return isinstance(record, dict) and text(record.get("name")) is not None


def _box(record: Mapping[str, Any]) -> BoxNow:
    return BoxNow(
        name=str(record["name"]),
        gpus=texts(record.get("gpus")) or (),
        vram_mb=number(record.get("vram_mb")),
        engines=texts(record.get("engines")) or (),
        at_work=texts(record.get("at_work")) or (),
        is_there=record.get("is_there") is True,
        why_unused=text(record.get("why_unused")) or "",
        heard_at=number(record.get("heard_at")) or 0.0,
    )
