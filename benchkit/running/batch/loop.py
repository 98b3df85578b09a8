"""The night itself: what is left to do, one server at a time, whatever fails on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from benchkit.errors import HistoryError, Interrupted, UsageError
from benchkit.files import cache_folder, locked
from benchkit.plan import PlannedRun
from benchkit.records import Run, Status
from benchkit.running.batch.checks import script_problems
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.keeper import Keeper, NightOver
from benchkit.running.batch.planfile import PlanProblems
from benchkit.running.batch.state import EntryState, StateJournal, agree_with_history, beside, read_state
from benchkit.running.runner import execute_all
from benchkit.running.runner.interrupts import Interrupts
from benchkit.telling import history
from benchkit.terminal import Display

FOREVER_S = 10 * 365 * 86400.0


@dataclass(frozen=True)
class NightOptions:
    history: Path
    until: datetime | None = None
    retry_failed: bool = False
    wait: bool = False
    on_failure: Callable[[EntryState], None] = lambda _state: None
    now: Callable[[], datetime] = lambda: datetime.now().astimezone()  # aware: clocks change at night


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


def run_night(night: Night, options: NightOptions, display: Display) -> None:
    """Run what is left of the plan; each run is in the history and in the journal as soon as it ends."""
    with Interrupts(), _alone(options, display.line):
        todo = _what_is_left(night, options)
        if problems := script_problems(entry.planned() for entry in todo):
            raise PlanProblems("the plan", problems)
        journal = StateJournal(options.history)
        try:
            journal.plan(night.in_order())
            _work_through(todo, Keeper(night, journal, options, display))
        except (NightOver, HistoryError) as over:
            night.stopped = str(over)
        except Interrupted:
            night.interrupted = True


def _what_is_left(night: Night, options: NightOptions) -> list[Entry]:
    runs = history.read(options.history)
    known = agree_with_history(read_state(options.history), runs).entries
    night.runs = {run.id: run for run in runs}
    night.states = {entry.key: _state(entry, known.get(entry.key)) for entry in night.entries}
    return [entry for entry in night.entries if _is_left(night.states[entry.key], options.retry_failed)]


def _state(entry: Entry, known: EntryState | None) -> EntryState:
    return replace(
        known or EntryState(entry.key),
        model=entry.settings.name or "",
        benchmark=entry.settings.benchmark,
        place=entry.place,
    )


def _is_left(state: EntryState, retry_failed: bool) -> bool:
    return not state.over or (retry_failed and state.state == Status.FAILED)


def _work_through(todo: Sequence[Entry], keeper: Keeper) -> None:
    for _, group in groupby(todo, key=lambda entry: entry.server_key):
        left: Sequence[PlannedRun] = [keeper.planned(entry) for entry in group]
        while left:
            left = _run_some(left, keeper)


def _run_some(plans: Sequence[PlannedRun], keeper: Keeper) -> Sequence[PlannedRun]:
    """Run plans that share a server; gives back those after one that broke in a way nobody foresaw."""
    with closing(execute_all(plans, keeper.display, keeper.wanted, keeper.trouble)) as runs:
        try:
            for run in runs:
                keeper.note(run)
                if run.status is Status.INTERRUPTED:
                    raise Interrupted
        except NightOver:
            raise
        except Exception as error:
            # A run that broke is a row like any other; those after it are still worth the night.
            broken = keeper.at_work or plans[0]
            keeper.note_broken(broken, error)
            return plans[plans.index(broken) + 1 :]
    return ()


@contextmanager
def _alone(options: NightOptions, report: Callable[[str], None]) -> Iterator[None]:
    """One batch at a time on this history and on this machine: two would spoil each other's timing."""
    options.history.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for path in (cache_folder() / "batch", beside(options.history, "jsonl")):
            try:
                stack.enter_context(locked(path, 0.0))
            except TimeoutError:
                if not options.wait:
                    what = "another batch is running on this machine or with this history"
                    raise UsageError(f"{what}: --if-busy wait waits for its end") from None
                report("another batch is running: this one waits for its end")
                stack.enter_context(locked(path, FOREVER_S))
        yield
