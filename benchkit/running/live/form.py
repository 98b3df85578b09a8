"""The lines of a live file: the announcement first, then one snapshot a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from benchkit.files import real_path
from benchkit.json_values import number, whole
from benchkit.records import RaceNow
from benchkit.running.live.owner import Owner, read_owner

VERSION = 1
STARTING, RUNNING = "starting", "running"  # then the run's status, which ends it


@dataclass(frozen=True)
class Announcement:
    """What stays the same while a run lasts."""

    run_id: str
    benchmark: str
    model: str
    folder: str  # of the run: its events, output and logs
    history: str  # where it will be recorded, as `history_name` writes it
    since: float  # seconds since the epoch
    owner: Owner
    box: str = ""  # of a cluster, which does the work; the owner then tells what it hears from there


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment; what is not known is None."""

    state: str = STARTING
    done: int | None = None
    total: int | None = None
    passed: int | None = None
    score: float | None = None  # percent of what is judged so far
    tokens_per_second: float | None = None
    vram_mb: float | None = None
    power_w: float | None = None
    temperature_c: float | None = None  # of the hottest GPU
    ram_mb: float | None = None  # of the server
    others_vram_mb: float | None = None  # what all other programs take
    others_ram_mb: float | None = None
    others_cpu_percent: float | None = None  # of all processors
    seconds: float = 0.0  # since the script started
    seconds_left: float | None = None
    silent_s: float | None = None  # since the server's last token, where that is worth a word
    race: RaceNow | None = None  # where the run is in one; `total` is then the round's
    at: float = 0.0  # seconds since the epoch

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the score, at 95%, in percent."""
        if self.passed is None or not self.done or not 0 <= self.passed <= self.done:
            return None
        from benchkit.statistics import wilson  # for onlookers alone

        low, high = wilson(self.passed, self.done)
        return 100 * low, 100 * high

    @property
    def over(self) -> bool:
        return self.state not in (STARTING, RUNNING)


def history_name(history: str | Path) -> str:
    """The same for every way to write a path; of a URL without user and password."""
    scheme, is_url, rest = str(history).partition("://")
    if not is_url:
        return str(real_path(Path(history)))
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"


def announcement_line(announcement: Announcement) -> bytes:
    return _line({"version": VERSION, **asdict(announcement)})


def snapshot_line(snapshot: Snapshot) -> bytes:
    return _line(asdict(snapshot))


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def read_announcement(line: bytes) -> Announcement | None:
    """None where the line is not whole, or of a newer version."""
    record = _record(line)
    version, owner = record.pop("version", None), read_owner(record.pop("owner", None))
    if not isinstance(version, int) or version > VERSION or owner is None:
        return None
    try:
        return Announcement(owner=owner, **_known(Announcement, record))
    except TypeError:
        return None


def is_of_a_newer_form(line: bytes) -> bool:
    """Written by a version whose lines this one does not understand."""
    version = _record(line).get("version")
    return isinstance(version, int) and version > VERSION


def read_snapshot(line: bytes) -> Snapshot | None:
    """None where the line is not whole, or is no snapshot."""
    known = _known(Snapshot, _record(line))
    race, state = known.pop("race", None), known.pop("state", None)
    if not isinstance(state, str):
        return None
    counts: dict[str, Any] = {name: whole(known.pop(name, None)) for name in ("done", "total", "passed")}
    figures: dict[str, Any] = {
        name: figure for name, value in known.items() if (figure := number(value)) is not None
    }
    return Snapshot(state, **counts, **figures, race=_read_race(race))


def snapshot_of(record: Mapping[str, Any]) -> Snapshot:
    """What `dataclasses.asdict` made of one elsewhere."""
    return read_snapshot(_line(record)) or Snapshot()


def _read_race(record: object) -> RaceNow | None:
    try:
        return RaceNow(**_known(RaceNow, record)) if isinstance(record, dict) else None
    except TypeError:
        return None


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _known(kind: type[Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that this version knows."""
    return {field.name: record[field.name] for field in fields(kind) if field.name in record}
