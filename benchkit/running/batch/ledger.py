"""What a batch knows of each of its entries: how far it is, the run it became, or why it was not started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchkit.contract import RunFile
from benchkit.records import Run, Status
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.state import EntryState
from benchkit.running.runner.record import paid_for


class Ledger:
    """Kept while the batch runs, and read by its displays and its summary."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = list(entries)
        self.stopped: str | None = None  # why it ended early
        self.interrupted = False
        self._states: dict[str, EntryState] = {}
        self._runs: dict[str, Run] = {}  # by run id
        self._not_started: dict[str, str] = {}  # key -> why
        self._needless: set[str] = set()  # keys of judgings for which there is nothing to judge
        self.wall_s = 0.0  # of the batch
        self.asking_s = self.loading_s = 0.0  # while scripts were at work, and while servers started
        self.moves: list[str] = []  # what became of groups whose box was lost, a line for each
        self.races: list[str] = []  # what came of each race, a line for each
        self.judgements: list[str] = []  # what judges said of each run, a line for each

    def load(self, known: Mapping[str, EntryState], runs: Iterable[Run]) -> None:
        """Begin with what the journal and the history hold of former batches."""
        self._runs = {run.id: run for run in runs}
        self._states = {entry.key: _state(entry, known.get(entry.key)) for entry in self.entries}

    def state(self, entry: Entry) -> EntryState:
        return self._states[entry.key]

    def set_state(self, state: EntryState) -> None:
        self._states[state.key] = state

    def add_run(self, run: Run) -> None:
        self._runs[run.id] = run

    def has_run(self, run_id: str) -> bool:
        return run_id in self._runs

    def run_of(self, state: EntryState) -> Run | None:
        """The run in the history, where the entry has one."""
        return self._runs.get(state.run_id or "")

    def runs(self) -> Iterable[Run]:
        """Every run of the history, those of this batch with it."""
        return self._runs.values()

    def costs(self) -> dict[Path, float]:
        """What the plan's runs have cost so far, by their folders; unknown costs count nothing.

        Of one that is not in the history, and goes on tonight, it is what its answers cost.
        """
        spent = {}
        for state in self.states():
            if state.folder:
                folder, run = Path(state.folder), self.run_of(state)
                cost = run.telemetry.cost if run else paid_for(folder / RunFile.ANSWERS)[0]
                spent[folder] = cost or 0.0
        return spent

    def skip(self, entry: Entry, reason: str) -> None:
        self._not_started[entry.key] = reason

    def excuse(self, entry: Entry, reason: str) -> None:
        """It is not started, and nothing is missing by that."""
        self.skip(entry, reason)
        self._needless.add(entry.key)

    def renew(self, entry: Entry) -> None:
        """Replace a judging by one that names its run: it is known once the run to be judged is over."""
        self.entries = [entry if one.key == entry.key else one for one in self.entries]

    def judgings(self) -> list[Entry]:
        """The entries of judges."""
        return [entry for entry in self.entries if entry.judged is not None]

    def why_not_started(self, entry: Entry) -> str | None:
        return self._not_started.get(entry.key)

    def left(self, *, retry_failed: bool, finish: bool = False) -> list[Entry]:
        """The entries to run, in the plan's order."""
        again = {Status.FAILED: retry_failed, Status.STOPPED: finish}
        return [
            entry
            for entry in self.entries
            if not (state := self.state(entry)).over or again.get(Status(state.state), False)
        ]

    def states(self) -> list[EntryState]:
        """In the plan's order; empty before `load`."""
        return [self._states[entry.key] for entry in self.entries if entry.key in self._states]

    @property
    def all_ok(self) -> bool:
        """Whether nothing failed or is missing; a run that a race stopped counts as done."""
        states = [state for state in self.states() if state.key not in self._needless]
        return all(state.state in (Status.OK, Status.STOPPED) for state in states)


def _state(entry: Entry, known: EntryState | None) -> EntryState:
    return replace(
        known or EntryState(entry.key),
        model=entry.settings.name or "",
        benchmark=entry.settings.benchmark,
        place=entry.place,
    )
