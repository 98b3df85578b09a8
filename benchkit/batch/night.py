"""The night itself: what is left to do, one server at a time, whatever fails on the way."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from benchkit import history
from benchkit.batch.estimate import Estimator
from benchkit.batch.expand import Entry
from benchkit.batch.state import EntryState, StateJournal, agree_with_history, ended, read_state, started
from benchkit.errors import BenchError, HistoryError, Interrupted, UsageError
from benchkit.files import cache_folder, locked
from benchkit.plan import PlannedRun, new_run_id
from benchkit.records import Run, Status
from benchkit.runner import execute_all
from benchkit.terminal import Display

# Causes that the next model will meet as well: after so many models in a row the night is over.
MACHINE_WIDE = ("engine not installed", "sandbox", "no disk space", "not as asked")
MOST_IN_A_ROW = 3
LOW_DISK_BYTES = 1 << 30
FOREVER_S = 10 * 365 * 86400.0


@dataclass(frozen=True)
class NightOptions:
    history: Path
    until: datetime | None = None
    retry_failed: bool = False
    wait: bool = False
    on_failure: Callable[[EntryState], None] = lambda _state: None
    now: Callable[[], datetime] = datetime.now


@dataclass
class Night:
    """How the night went."""

    entries: Sequence[Entry]
    states: dict[str, EntryState] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)  # by run id
    not_started: dict[str, str] = field(default_factory=dict)  # key -> why
    stopped: str | None = None  # why it ended early
    interrupted: bool = False

    def in_order(self) -> list[EntryState]:
        return [self.states[entry.key] for entry in self.entries if entry.key in self.states]

    @property
    def all_well(self) -> bool:
        return all(state.state == Status.OK for state in self.in_order())


class NightOver(Exception):
    """Nothing more is to be started."""


def run_night(night: Night, options: NightOptions, display: Display) -> None:
    """Run what is left of the plan; each run is in the history and in the journal as soon as it ends."""
    with _alone(options):
        runs = history.read(options.history)
        state = agree_with_history(read_state(options.history), runs)
        labels = {entry.key: label(entry) for entry in night.entries}
        night.states = {key: state.entries.get(key, EntryState(key, text)) for key, text in labels.items()}
        night.runs = {run.id: run for run in runs}
        todo = [entry for entry in night.entries if _is_left(night.states[entry.key], options.retry_failed)]
        journal = StateJournal(options.history)
        try:
            journal.plan(labels)
            with suppress(NightOver):
                _work_through(todo, night, _Keeper(night, journal, options, display))
        finally:
            journal.close()


def label(entry: Entry) -> str:
    sweep = "".join(f" {name}={value}" for name, value in entry.sweep.items())
    return f"{entry.settings.benchmark} on {entry.settings.name}{sweep}"


def _is_left(state: EntryState, retry_failed: bool) -> bool:
    return not state.over or (retry_failed and state.state == Status.FAILED)


def _work_through(todo: Sequence[Entry], night: Night, keeper: _Keeper) -> None:
    for _, group in groupby(todo, key=lambda entry: entry.server_key):
        left = [keeper.planned(entry) for entry in group]
        while left:
            left = _run_some(left, night, keeper)


def _run_some(plans: Sequence[PlannedRun], night: Night, keeper: _Keeper) -> list[PlannedRun]:
    """Run plans that share a server; gives back those after one that broke in a way nobody foresaw."""
    left = list(plans)
    runs = execute_all(plans, keeper.display, wanted=keeper.wanted)
    try:
        for run in runs:
            while left.pop(0).id != run.id:
                pass  # it was not wanted
            keeper.note(run)
            if run.status is Status.INTERRUPTED:
                night.interrupted = True
                raise NightOver
    except HistoryError:
        raise
    except Interrupted:
        night.interrupted = True
        raise NightOver from None
    except NightOver:
        raise
    except Exception as error:
        # A run that cannot even be recorded is a row of its own; the others are still worth the night.
        keeper.note_broken(left.pop(0), error)
        return left
    return []


class _Keeper:
    """Keeps state, journal and limits while the runs go by."""

    def __init__(self, night: Night, journal: StateJournal, options: NightOptions, display: Display) -> None:
        self.display = display
        self._night, self._journal, self._options = night, journal, options
        self._by_run: dict[str, Entry] = {}
        self._failures: list[tuple[str, str]] = []  # model and cause, of those that failed in a row
        machine = next((run.machine for run in reversed(night.runs.values())), {})
        self._estimator = Estimator(night.runs.values(), machine)

    def planned(self, entry: Entry) -> PlannedRun:
        """An unfinished run keeps its folder, and so its answers; its id too, unless the history has it."""
        state = self._night.states[entry.key]
        old = state.run_id if state.run_id and state.run_id not in self._night.runs else None
        planned = entry.planned(old or new_run_id(), Path(state.folder) if state.folder else None)
        self._by_run[planned.id] = entry
        return planned

    def wanted(self, plan: PlannedRun) -> bool:
        """Whether to start this one now; notes that it starts."""
        entry = self._by_run[plan.id]
        reason = self._too_late(entry)
        if reason:
            self._night.not_started[entry.key] = reason
            return False
        self._refuse_a_full_disk(plan)
        self._set(started(self._night.states[entry.key], plan.id, plan.folder))
        return True

    def _too_late(self, entry: Entry) -> str | None:
        until = self._options.until
        if until is None:
            return None
        seconds = self._estimator.expect(entry).seconds or 0.0
        if self._options.now() + timedelta(seconds=seconds) <= until:
            return None
        return f"would not have ended by {until:%H:%M}"

    def _refuse_a_full_disk(self, plan: PlannedRun) -> None:
        if shutil.disk_usage(plan.folder).free < LOW_DISK_BYTES:
            self._night.stopped = f"no disk space left at {plan.folder.parent}: free some and start again"
            raise NightOver

    def note(self, run: Run) -> None:
        self._night.runs[run.id] = run
        state = ended(self._night.states[self._by_run[run.id].key], run)
        self._set(state)
        self._count_failures(run.model, state)

    def note_broken(self, plan: PlannedRun, error: Exception) -> None:
        text = str(error) if isinstance(error, BenchError) else f"{type(error).__name__}: {error}"
        state = self._night.states[self._by_run[plan.id].key]
        self._set(EntryState(state.key, state.label, Status.FAILED.value, error=text, folder=state.folder))
        self.display.line(f"{state.label}: {text}")
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            self._night.stopped = "no disk space left: free some and start again"
            raise NightOver from error

    def _set(self, state: EntryState) -> None:
        self._night.states[state.key] = state
        self._journal.run(state)
        if state.state == Status.FAILED:
            self._options.on_failure(state)

    def _count_failures(self, model: str, state: EntryState) -> None:
        cause = next((cause for cause in MACHINE_WIDE if (state.error or "").startswith(cause)), None)
        if cause is None:
            self._failures.clear()
            return
        if any(cause != seen for _, seen in self._failures):
            self._failures.clear()
        self._failures.append((model, cause))
        if len({name for name, _ in self._failures}) >= MOST_IN_A_ROW:
            self._night.stopped = f"{MOST_IN_A_ROW} models in a row failed alike: {state.error}"
            raise NightOver


@contextmanager
def _alone(options: NightOptions) -> Iterator[None]:
    """One batch at a time on this history and on this machine: two would spoil each other's timing."""
    wait_s = FOREVER_S if options.wait else 0.0
    options.history.parent.mkdir(parents=True, exist_ok=True)
    try:
        with locked(cache_folder() / "batch", wait_s), locked(options.history.with_suffix(".batch"), wait_s):
            yield
    except TimeoutError:
        raise UsageError(
            "another batch is running on this machine: --if-busy wait waits for its end"
        ) from None
