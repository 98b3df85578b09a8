"""All runs of a history by name; a run is read whole only where it is chosen, so that 10,000 cost little."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from benchkit.files import locked, real_path
from benchkit.records import Run, Status
from benchkit.telling import history
from benchkit.telling.history import document, store

HEAD = ("id", "timestamp", "benchmark", "model", "status")
_AFTER_HEAD = b', "error": '
"""What follows the head in a line of ours; inside a text its quotes would have backslashes."""

UNKNOWN_MOMENT = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """What a run is called."""

    place: int
    id: str
    timestamp: str
    benchmark: str
    model: str
    status: str

    @property
    def ok(self) -> bool:
        return self.status == Status.OK

    @cached_property
    def when(self) -> tuple[datetime, int]:
        """Orders runs in time; those of one second, or without a date, by their place in the file."""
        return moment(self.timestamp), self.place


def moment(timestamp: str) -> datetime:
    """The time of an ISO text, the beginning of time where it is none."""
    try:
        return datetime.fromisoformat(timestamp).astimezone()
    except (ValueError, OverflowError):
        return UNKNOWN_MOMENT


class Catalog:
    """The entries of a history in its order, and the runs behind them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = _lines(path)
        heads = _heads(self._lines)
        self._runs: Sequence[Run] = () if heads else history.read(path)
        self.entries = (
            [Entry(place, *(str(head[name]) for name in HEAD)) for place, head in enumerate(heads)]
            if heads
            else [_entry(place, run) for place, run in enumerate(self._runs)]
        )

    def run(self, entry: Entry) -> Run:
        """The whole run."""
        if self._runs:
            return self._runs[entry.place]
        try:
            record = json.loads(self._lines[entry.place].rstrip(b","))
        except ValueError:
            return history.read(self.path)[entry.place]  # says which line is broken, and where
        return history.from_record(record, entry.place + 1)

    def __len__(self) -> int:
        return len(self.entries)


def _entry(place: int, run: Run) -> Entry:
    return Entry(place, run.id, run.timestamp, run.benchmark, run.model, run.status.value)


def _lines(path: Path) -> list[bytes]:
    """The lines of a history that lies in its usual layout; none of any other, which is read as a whole."""
    with suppress(OSError), locked(path, shared=True):
        if path.is_dir():
            return []
        return document.run_lines(store.read_bytes(real_path(path)))
    return []


def _heads(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """The heads of all lines; none where a single one is not as we write it."""
    try:
        heads = json.loads(b"[" + b",".join(line.partition(_AFTER_HEAD)[0] + b"}" for line in lines) + b"]")
    except ValueError:
        return []
    if all(isinstance(head, dict) and tuple(head) == HEAD for head in heads):
        return list(heads)
    return []
