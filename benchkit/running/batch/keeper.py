"""Keeps the batch's ledger, its journal and its limits while the runs go by."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from benchkit.errors import BenchError, HistoryError, NoDiskSpace
from benchkit.records import Run, Status
from benchkit.running.batch.costs import Night
from benchkit.running.batch.disk_space import too_little_to_go_on, too_little_to_start
from benchkit.running.batch.display import BatchDisplay
from benchkit.running.batch.estimate import Estimator
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.options import BatchOptions
from benchkit.running.batch.prefetch import reading_ahead
from benchkit.running.batch.state import EntryState, RaceState, StateJournal, beside, ended, paused, started
from benchkit.running.executors import BatchStopped
from benchkit.running.plan import Part, PlannedRun, new_run_id
from benchkit.running.runner import EndedRun
from benchkit.running.runner.record import Findings, as_run
from benchkit.running.runner.work import mask_of
from benchkit.serving.telemetry import machine_facts
from benchkit.telling.history import open_store
from benchkit.terminal import duration, printable, save_traceback

MOST_IN_A_ROW = 3  # so many models that fail with the same fault of the machine end the batch


@dataclass(frozen=True)
class Due:
    """An entry that is to be run now, or a part of it."""

    entry: Entry
    part: Part | None = None


class Keeper:
    def __init__(
        self,
        ledger: Ledger,
        journal: StateJournal,
        options: BatchOptions,
        display: BatchDisplay,
        on_failure: Callable[[EntryState], None],
        night: Night | None = None,
    ) -> None:
        self.display = display
        self.at_work: PlannedRun | None = None
        self._ledger, self._journal, self._options = ledger, journal, options
        self._on_failure = on_failure
        self._by_run: dict[str, Entry] = {}
        self._began = time.monotonic()
        self._server: str | None = None
        self._failures: list[tuple[str, str]] = []  # model and cause of the machine-wide failures in a row
        self._too_costly: set[str] = set()  # keys of runs that the money left is not enough for
        self._estimator = Estimator(ledger.runs(), machine_facts())
        self._night = night or Night()

    def for_work_beside(self) -> Keeper:
        """Another keeper of the same batch, for what is at work beside this one's."""
        other = copy(self)
        other.at_work, other._failures, other._server = None, [], None
        return other

    def planned(self, due: Due) -> PlannedRun:
        """An unfinished run keeps its folder, and so its answers; its id too, unless the history has it."""
        entry, part = due.entry, due.part
        state = self._ledger.state(entry)
        old = state.run_id if state.run_id and not self._ledger.has_run(state.run_id) else None
        planned = entry.planned(old or self._fresh_id(), Path(state.folder) if state.folder else None)
        self._by_run[planned.id] = entry
        if part is None and state.answered:  # what a race began costs what it cost there, too
            part = Part()
        return replace(planned, part=part)

    def _fresh_id(self) -> str:
        """Of a thousand ids of one second some are alike."""
        while (run_id := new_run_id()) in self._by_run or self._ledger.has_run(run_id):
            pass
        return run_id

    def reading_ahead(self, now: Entry, following: Entry | None) -> AbstractContextManager[None]:
        """The next model's file is read meanwhile."""
        return reading_ahead(now, following, self._options.prefetch, lambda: self.display.snapshot)

    def wanted(self, plan: PlannedRun) -> bool:
        """Whether to start this one now; notes that it starts."""
        if not self.may_start(plan):
            return False
        self.begin(plan)
        return True

    def may_start(self, plan: PlannedRun) -> bool:
        """Whether there is time, money and room for it."""
        entry = self._by_run[plan.id]
        late = self._too_late(entry, _share_to_ask(plan, self._ledger.state(entry)))
        costly = None if late else self._night.refusal(plan.settings)
        if costly:
            self._too_costly.add(entry.key)
        if reason := late or costly:
            self._ledger.skip(entry, reason)
            return False
        if little := too_little_to_start(*_written(plan)):
            raise BatchStopped(f"{little}{_where(plan)}: free some and start again")
        return True

    def begin(self, plan: PlannedRun, box: str | None = None) -> None:
        """Note that it starts, here or on a box of a cluster."""
        self.at_work, self._began = plan, time.monotonic()
        state = started(self._ledger.state(self._by_run[plan.id]), plan.id, plan.folder)
        self._set(replace(state, box=box))

    def send(self, plan: PlannedRun, box: str) -> None:
        """Note where it will be done, and under which name."""
        state = self._ledger.state(self._by_run[plan.id])
        self._set(replace(state, run_id=plan.id, folder=str(plan.folder), box=box))

    def pause(self, plan: PlannedRun) -> None:
        """Note that it does not go on for now."""
        state = self._ledger.state(self._by_run[plan.id])
        if state.state == "running":
            self._set(replace(state, state=Status.INTERRUPTED.value))

    def skip(self, plan: PlannedRun, reason: str) -> None:
        self._ledger.skip(self._by_run[plan.id], reason)

    def _too_late(self, entry: Entry, share: float) -> str | None:
        until = self._options.until
        if until is None:
            return None
        expected = self._estimator.expect(entry)
        seconds = (expected.seconds or 0.0) * share + expected.start_s
        if self._options.now() + timedelta(seconds=seconds) <= until:
            return None
        return f"would not have ended by {until:%H:%M}"

    def trouble(self) -> BenchError | None:
        """What makes the run at work not worth going on with."""
        assert self.at_work is not None
        if little := too_little_to_go_on(*_written(self.at_work)):
            return NoDiskSpace(f"stopped, {little}{_where(self.at_work)}: free some, then --retry-failed")
        return None

    def note(self, finished: EndedRun) -> None:
        self._note_time(finished.run)
        if self.at_work is not None:
            self._night.note_end(self.at_work.folder)
        if not finished.recorded:
            self._note_round(finished.run)
            return
        run = finished.run
        self._ledger.add_run(run)
        self._estimator.learn(run)
        state = self._ledger.state(self._by_run[run.id])
        state = ended(state, run, round(time.monotonic() - self._began, 3))
        self.at_work = None
        self._set(state)
        self.display.line(self._in_words(state))
        if state.state == Status.FAILED:
            self._on_failure(state)
        self._stop_where_the_next_would_fail_too(run, finished.error)

    def _note_time(self, run: Run) -> None:
        telemetry = run.telemetry
        latest = telemetry.rounds[-1] if telemetry.rounds else {}
        self._ledger.asking_s += latest.get("script_s", telemetry.script_s) or 0.0
        server = run.server.base_url  # shared by all runs of a server: its start counts once
        if server is not None and server != self._server:
            self._ledger.loading_s += telemetry.server_start_s or 0.0
        self._server = server

    def _note_round(self, run: Run) -> None:
        state = self._ledger.state(self._by_run[run.id])
        state = paused(state, run, round(time.monotonic() - self._began, 3))
        self.at_work = None
        self._failures.clear()
        self._set(state)
        self.display.line(printable(f"{state.label}: {state.score or 0.0:.1f}% of {state.answered} problems"))

    def note_stopped(self, entry: Entry, run: Run) -> None:
        """A race has stopped this one: from now on the history has it."""
        open_store(self._options.history).append(run)
        self._ledger.add_run(run)
        state = self._ledger.state(entry)
        state = replace(ended(state, run, None), run_id=run.id, seconds=state.seconds)
        self._set(state)
        self.display.line(printable(f"{state.label}: {run.error}"))

    def ended_by_cost(self, entry: Entry) -> bool:
        """Whether a run was ended because the batch may spend no more."""
        folder = self._ledger.state(entry).folder
        return folder is not None and self._night.has_ended(Path(folder))

    def lacks_money(self, entry: Entry) -> bool:
        """Whether a run was ended, or did not begin, because the batch may spend no more."""
        return entry.key in self._too_costly or self.ended_by_cost(entry)

    def note_race(self, race: RaceState) -> None:
        """Its order and its rounds are kept, so that it can go on."""
        self._journal.race(race)

    def note_broken(self, plan: PlannedRun, error: Exception) -> None:
        """What even the runner did not foresee; a row all the same, unless the history takes no more."""
        if isinstance(error, HistoryError):
            raise BatchStopped(str(error)) from error
        if not isinstance(error, BenchError | OSError):
            self.display.line(f"a bug of ours; please report {save_traceback()}")
        try:
            run = self._recorded(plan, error)
        except (OSError, HistoryError) as worse:
            raise BatchStopped(str(worse)) from worse
        self.note(EndedRun(run, error))
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise BatchStopped(f"{NoDiskSpace.cause}: free some and start again") from error

    def _recorded(self, plan: PlannedRun, error: Exception) -> Run:
        store = open_store(self._options.history)
        with suppress(HistoryError):
            return store.get(plan.id)
        findings = Findings(model=self._by_run[plan.id].model, machine=machine_facts(), error=error)
        run = as_run(plan, findings, mask_of(plan))
        store.append(run)
        return run

    def _set(self, state: EntryState) -> None:
        self._ledger.set_state(state)
        self._journal.run(state)

    def _in_words(self, state: EntryState) -> str:
        over = sum(one.over for one in self._ledger.states())
        outcome = (state.error or state.state) if state.score is None else f"{state.score:.1f}%"
        took = duration(state.seconds or 0.0)
        return printable(f"[{over}/{len(self._ledger.entries)}] {state.label}: {outcome} in {took}")

    def _stop_where_the_next_would_fail_too(self, run: Run, error: BaseException | None) -> None:
        if isinstance(error, NoDiskSpace):
            raise BatchStopped(str(run.error))
        if not isinstance(error, BenchError) or not error.machine_wide:
            self._failures.clear()
            return
        alike = [failure for failure in self._failures if failure[1] == error.cause]
        self._failures = [*alike, (run.model, error.cause)]
        if len({model for model, _ in self._failures}) >= MOST_IN_A_ROW:
            raise BatchStopped(f"{MOST_IN_A_ROW} models in a row failed alike: {run.error}")


def _share_to_ask(plan: PlannedRun, state: EntryState) -> float:
    """Of the whole run."""
    if plan.part is None or not state.problems:
        return 1.0
    end = min(plan.part.first or state.problems, state.problems)
    return max(0, end - (state.answered or 0)) / state.problems


def _written(plan: PlannedRun) -> tuple[Path, Path]:
    return plan.folder, beside(plan.settings.history, "jsonl")


def _where(plan: PlannedRun) -> str:
    return f" for {plan.folder.parent} or {plan.settings.history}"
