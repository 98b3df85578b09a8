"""The plan's state: a journal of lines beside the history, from which any later batch goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from benchkit.contract import JudgeRun
from benchkit.errors import HistoryError
from benchkit.files import LineLog, sync_folder
from benchkit.json_values import json_objects, number, whole
from benchkit.records import Run, Status
from benchkit.running.live.owner import Owner, read_owner, this_process
from benchkit.telling.history import open_store
from benchkit.terminal import printable

RACING = "racing"


@dataclass(frozen=True)
class EntryState:
    """How far one run of the plan is."""

    key: str
    model: str = ""
    benchmark: str = ""
    place: str = ""  # in the matrix
    state: str = "waiting"  # waiting, running, racing (between two rounds), stopped, ok, failed, interrupted
    run_id: str | None = None
    folder: str | None = None
    score: float | None = None
    tokens_per_second: float | None = None
    vram_mb: float | None = None
    error: str | None = None
    seconds: float | None = None  # wall time of the last attempt, with its server's start
    lost_s: float = 0.0  # wall time of all attempts that failed
    answered: int | None = None  # problems, of a run that a race asks in rounds
    problems: int | None = None  # of the whole set
    box: str | None = None  # of a cluster, where it is or was done
    judged: str | None = None  # the id of the run whose answers a judge reads

    @property
    def over(self) -> bool:
        return self.state in (Status.OK, Status.FAILED, Status.STOPPED)

    @property
    def in_words(self) -> str:
        """`stopped 40/164`"""
        if self.state in (RACING, Status.STOPPED):
            return f"{self.state} {self.answered or 0}/{self.problems or '?'}"
        return self.state

    @property
    def label(self) -> str:
        if self.benchmark == JudgeRun.CODE:
            return printable(f"judge {self.model} {self.place}".rstrip())
        return printable(f"{self.benchmark} on {self.model} {self.place}".rstrip())


_COUNTS = ("answered", "problems")
_FIGURES = ("score", "tokens_per_second", "vram_mb", "seconds", "lost_s")
_TEXTS = tuple(one.name for one in fields(EntryState) if one.name not in (*_COUNTS, *_FIGURES))


@dataclass(frozen=True)
class BatchState:
    """The latest plan in the journal, and every run ever noted there."""

    pid: int | None = None
    owner: Owner | None = None  # of the batch; version 0.1.0 wrote the number alone
    planned: tuple[str, ...] = ()  # the keys, in order
    entries: Mapping[str, EntryState] = field(default_factory=dict)
    races: Mapping[str, RaceState] = field(default_factory=dict)

    def of_the_plan(self) -> list[EntryState]:
        return [self.entries[key] for key in self.planned]


def beside(history: str | Path, kind: str) -> Path:
    """A file that belongs to this history's batches."""
    return open_store(history).batch_file(kind)


def journal_path(history: str | Path) -> Path:
    return beside(history, "jsonl")


def boxes_path(history: str | Path) -> Path:
    """Where a batch on boxes of a cluster tells of them."""
    return beside(history, "boxes.json")


def read_state(history: str | Path) -> BatchState:
    """What the journal holds; a line that a crash cut off is skipped."""
    try:
        lines = journal_path(history).read_bytes().splitlines()
    except FileNotFoundError:
        return BatchState()
    except OSError as error:
        raise HistoryError(f"{error.filename}: {error.strerror}") from None
    pid: int | None = None
    owner: Owner | None = None  # of the batch; version 0.1.0 wrote the number alone
    planned: tuple[str, ...] = ()
    entries: dict[str, EntryState] = {}
    races: dict[str, RaceState] = {}
    for event in json_objects(lines):
        if isinstance(states := event.get("plan"), list):
            waiting = [state for record in states if (state := _state(record)) is not None]
            pid, owner = whole(event.get("pid")), read_owner(event.get("owner"))
            planned = tuple(state.key for state in waiting)
            entries |= {state.key: _named(entries.get(state.key, state), state) for state in waiting}
        elif (state := _state(event.get("run"))) is not None:
            entries[state.key] = state
        elif (race := _race(event.get("race"))) is not None:
            races[race.key] = race
    return BatchState(pid, owner, planned, entries, races)


def _state(record: object) -> EntryState | None:
    """None where the line is no state of an entry; fields that a newer version added are passed over."""
    if not isinstance(record, dict) or not isinstance(record.get("key"), str):
        return None
    known: dict[str, Any] = {name: value for name in _TEXTS if isinstance(value := record.get(name), str)}
    known |= {name: whole(record.get(name)) for name in _COUNTS}
    known |= {name: value for name in _FIGURES if (value := number(record.get(name))) is not None}
    return EntryState(**known)


def _race(record: object) -> RaceState | None:
    if not isinstance(record, dict):
        return None
    key, seed, goal = record.get("key"), whole(record.get("seed")), record.get("goal", "")
    entries, ends = record.get("entries", ()), record.get("ends", ())
    if (
        not isinstance(key, str)
        or seed is None
        or not isinstance(entries, list)
        or not isinstance(ends, list)
    ):
        return None
    places = [place for end in ends if (place := whole(end)) is not None]
    return RaceState(key, seed, str(goal), tuple(map(str, entries)), tuple(places))


def _named(known: EntryState, planned: EntryState) -> EntryState:
    return replace(known, model=planned.model, benchmark=planned.benchmark, place=planned.place)


def agree_with_history(state: BatchState, runs: Iterable[Run]) -> BatchState:
    """The history is right where the two differ.

    A crash may come between a run's line there and its line here; and a run that a person took out of the
    history is one to do again.
    """
    recorded = {run.id: run for run in runs}
    entries = {key: _agreed(entry, recorded) for key, entry in state.entries.items()}
    return replace(state, entries=entries)


def _agreed(entry: EntryState, recorded: Mapping[str, Run]) -> EntryState:
    run = recorded.get(entry.run_id or "")
    if entry.state in ("running", RACING) and run is not None:
        return ended(entry, run, None)
    if entry.over and run is None:
        return EntryState(entry.key, entry.model, entry.benchmark, entry.place)
    return entry


def at_rest(state: BatchState) -> BatchState:
    """What a batch that is gone left behind as running was interrupted."""
    entries = {
        key: replace(entry, state=Status.INTERRUPTED.value) if entry.state == "running" else entry
        for key, entry in state.entries.items()
    }
    return replace(state, entries=entries)


def started(entry: EntryState, run_id: str, folder: Path) -> EntryState:
    kept = {name: getattr(entry, name) for name in ("lost_s", "answered", "problems", "judged")}
    seconds = entry.seconds if entry.state in (RACING, Status.STOPPED) else None
    fresh = EntryState(entry.key, entry.model, entry.benchmark, entry.place, seconds=seconds, **kept)
    return replace(fresh, state="running", run_id=run_id, folder=str(folder))


def ended(entry: EntryState, run: Run, seconds: float | None) -> EntryState:
    failed = run.status is Status.FAILED
    return replace(
        entry,
        state=run.status.value,
        score=run.results.score,
        tokens_per_second=run.telemetry.tokens_per_second,
        vram_mb=run.telemetry.vram_peak_mb,
        error=run.error,
        seconds=_with_earlier_rounds(entry, seconds),
        lost_s=entry.lost_s + (seconds or 0.0 if failed else 0.0),
    )


def paused(entry: EntryState, run: Run, seconds: float) -> EntryState:
    """After a round of a race that the model may survive."""
    part = run.results.part or {}
    return replace(
        ended(entry, run, seconds), state=RACING, answered=part.get("asked"), problems=part.get("of")
    )


def _with_earlier_rounds(entry: EntryState, seconds: float | None) -> float | None:
    return seconds if seconds is None or entry.seconds is None else round(entry.seconds + seconds, 3)


@dataclass(frozen=True)
class RaceState:
    """A race's order and the ends of its rounds so far, from which it goes on after a stop."""

    key: str  # the same for the same race in a later batch
    seed: int
    goal: str = ""
    entries: tuple[str, ...] = ()  # their keys
    ends: tuple[int, ...] = ()  # of the rounds, in problems


class StateJournal:
    """Appends what happens; each line is on the disk before what it announces begins."""

    def __init__(self, history: str | Path) -> None:
        self._path = journal_path(history)
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def plan(self, states: Iterable[EntryState]) -> None:
        """A batch begins; from this line `status` knows what it will do."""
        owner = this_process()
        plan = [_named_only(state) for state in states]
        self._write({"pid": owner.pid, "owner": asdict(owner), "plan": plan})
        sync_folder(self._path.parent)

    def run(self, entry: EntryState) -> None:
        self._write({"run": asdict(entry)})

    def race(self, race: RaceState) -> None:
        self._write({"race": asdict(race)})

    def _write(self, event: Mapping[str, Any]) -> None:
        try:
            with LineLog(self._path) as log:
                log.append(json.dumps(event, ensure_ascii=False))
        except OSError as error:
            raise HistoryError(f"the batch's journal {self._path}: {error.strerror}") from error


def _named_only(state: EntryState) -> dict[str, str]:
    return {name: getattr(state, name) for name in ("key", "model", "benchmark", "place")}
