"""The plan's state: a journal of lines beside the history, from which any later night goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from benchkit.files import LineLog
from benchkit.records import Run, Status


@dataclass(frozen=True)
class EntryState:
    """How far one run of the plan is."""

    key: str
    label: str = ""
    state: str = "waiting"  # waiting, running, ok, failed, interrupted
    run_id: str | None = None
    folder: str | None = None
    score: float | None = None
    error: str | None = None
    seconds: float | None = None
    started: str | None = None

    @property
    def over(self) -> bool:
        return self.state in (Status.OK, Status.FAILED)


@dataclass(frozen=True)
class NightState:
    """The latest plan in the journal, and every run ever noted there."""

    pid: int | None = None
    planned: tuple[str, ...] = ()  # the keys, in order
    entries: Mapping[str, EntryState] = field(default_factory=dict)

    def of_the_plan(self) -> list[EntryState]:
        return [self.entries[key] for key in self.planned]


def journal_path(history: Path) -> Path:
    return history.with_name(f"{history.name}.batch.jsonl")


def read_state(history: Path) -> NightState:
    """What the journal tells; a line that a crash cut off is passed over."""
    try:
        lines = journal_path(history).read_bytes().splitlines()
    except FileNotFoundError:
        return NightState()
    pid: int | None = None
    planned: tuple[str, ...] = ()
    entries: dict[str, EntryState] = {}
    for event in _events(lines):
        if event.get("event") == "plan":
            pid, planned = event.get("pid"), tuple(event["runs"])
            for key, label in event["runs"].items():
                entries[key] = replace(entries.get(key, EntryState(key)), label=label)
        elif event.get("event") == "run":
            entries[event["state"]["key"]] = EntryState(**event["state"])
    return NightState(pid, planned, entries)


def _events(lines: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def agree_with_history(state: NightState, runs: Iterable[Run]) -> NightState:
    """A crash may come between a run's line in the history and its line here: the history is right."""
    recorded = {run.id: run for run in runs}
    entries = {
        key: ended(entry, recorded[entry.run_id])
        if entry.state == "running" and entry.run_id in recorded
        else entry
        for key, entry in state.entries.items()
    }
    return replace(state, entries=entries)


def started(entry: EntryState, run_id: str, folder: Path) -> EntryState:
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return EntryState(entry.key, entry.label, "running", run_id=run_id, folder=str(folder), started=now)


def ended(entry: EntryState, run: Run) -> EntryState:
    return replace(
        entry,
        state=run.status.value,
        score=run.results.get("score"),
        error=run.error,
        seconds=run.results.get("time_taken"),
    )


class StateJournal:
    """Appends what happens; each line is on the disk within a second."""

    def __init__(self, history: Path) -> None:
        path = journal_path(history)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._log = LineLog(path)

    def plan(self, labels: Mapping[str, str]) -> None:
        self._write({"event": "plan", "pid": os.getpid(), "runs": dict(labels)})

    def run(self, entry: EntryState) -> None:
        self._write({"event": "run", "state": asdict(entry)})

    def close(self) -> None:
        self._log.close()

    def _write(self, event: Mapping[str, Any]) -> None:
        self._log.append(json.dumps(event, ensure_ascii=False))
