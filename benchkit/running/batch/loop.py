"""The batch itself: what is left to do, one server at a time, whatever fails on the way."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from itertools import groupby, zip_longest
from pathlib import Path

from benchkit.errors import HistoryError, Interrupted, StoreUnavailable, UsageError
from benchkit.files import DISK_IS_FULL, cache_folder, locked, make_private_folder
from benchkit.records import Run, Status
from benchkit.running.batch.boxes import run_on_boxes
from benchkit.running.batch.checks import script_problems
from benchkit.running.batch.costs import night_of
from benchkit.running.batch.display import BatchDisplay
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.judgings import due_judgings, judge_problems, name_judged_runs, said_by_judges
from benchkit.running.batch.keeper import Due, Keeper
from benchkit.running.batch.lanes import Group, may_run_beside, run_side_by_side, shared_pace
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.options import BatchOptions
from benchkit.running.batch.planfile import PlanProblems
from benchkit.running.batch.race import ModelRace, first_of_next_lap, laps
from benchkit.running.batch.race_groups import entries_that_race
from benchkit.running.batch.state import (
    BatchState,
    EntryState,
    RaceState,
    StateJournal,
    agree_with_history,
    beside,
    read_state,
)
from benchkit.running.executors import BatchStopped, Event, RunBroke, RunEnded, Seams, open_executor
from benchkit.running.executors import Group as Submitted
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.interrupts import Interrupts
from benchkit.telling.history import open_store

FOREVER_S = 10 * 365 * 86400.0


def run_entries(
    ledger: Ledger,
    options: BatchOptions,
    display: BatchDisplay,
    on_failure: Callable[[EntryState], None] = lambda _state: None,
) -> None:
    """Run what is left of the plan; each run is in the history and in the journal as soon as it ends."""
    with Interrupts(), _alone(options, display.line):
        known, runs = _known(options.history, display.line)
        ledger.load(known.entries, runs)
        began = time.monotonic()
        todo = ledger.left(retry_failed=options.retry_failed, finish=options.finish)
        runs_left = [entry for entry in todo if entry.judged is None]
        if options.cluster is None:
            _refuse_what_cannot_run(runs_left, [entry for entry in todo if entry.judged is not None])
        name_judged_runs(ledger)
        journal = StateJournal(options.history)
        try:
            journal.plan(ledger.states())
            with (
                shared_pace(options.concurrent_models),
                night_of(options.history, options.max_cost, ledger.costs()) as night,
            ):
                keeper = Keeper(ledger, journal, options, display, on_failure, night)
                _run_and_judge(runs_left, known.races, keeper, ledger, options)
        except (BatchStopped, HistoryError) as error:
            ledger.stopped = str(error)
        except Interrupted:
            ledger.interrupted = True
        finally:
            ledger.wall_s = time.monotonic() - began
        with suppress(HistoryError):
            ledger.judgements = list(said_by_judges(ledger, options.history))


def _run_and_judge(
    runs_left: Sequence[Entry],
    races: Mapping[str, RaceState],
    keeper: Keeper,
    ledger: Ledger,
    options: BatchOptions,
) -> None:
    """First what races, then all other runs, and the judges once all runs are over."""
    raced = _run_races(races, keeper, ledger, options) if options.race and runs_left else set()
    groups = _groups([entry for entry in runs_left if entry.key not in raced])
    if options.cluster is not None:
        run_on_boxes(groups, keeper, ledger, options)
        return
    judges = ledger.judgings()
    _run_all(groups, keeper, options.concurrent_models, lambda: next(iter(judges), None))
    _judge(keeper, ledger, options)


def _refuse_what_cannot_run(runs: Sequence[Entry], judgings: Sequence[Entry]) -> None:
    """All that the scripts have to say, and a place that takes no run, before the first server is started."""
    if problems := [*script_problems(entry.planned() for entry in runs), *judge_problems(judgings)]:
        raise PlanProblems("the plan", problems)
    for place in {entry.settings.runs_dir for entry in (*runs, *judgings)}:
        _refuse_unwritable(place)


def _refuse_unwritable(runs_dir: Path) -> None:
    try:
        make_private_folder(runs_dir)
        tempfile.TemporaryFile(dir=runs_dir).close()
    except OSError as error:
        if error.errno in DISK_IS_FULL:  # which ends the batch with what it did, and no question of its place
            return
        why = f"{runs_dir} may not be written ({error.strerror})"
        raise UsageError(f"{why}: name another place with --runs-dir") from None


def _groups(entries: Sequence[Entry]) -> list[Group]:
    """Those that share a server."""
    return [[Due(entry) for entry in group] for _, group in groupby(entries, key=lambda one: one.server_key)]


def _judge(keeper: Keeper, ledger: Ledger, options: BatchOptions) -> None:
    """All runs are over: now each judge is served once, for all that it is to judge."""
    due = due_judgings(ledger, retry_failed=options.retry_failed)
    _run_all(_groups(due), keeper, options.concurrent_models)


def _known(history: str | Path, report: Callable[[str], None]) -> tuple[BatchState, Sequence[Run]]:
    """What former batches did. While a shared history does not answer, what this box knows of them."""
    store = open_store(history)
    try:
        runs = store.runs()
    except StoreUnavailable as error:
        store.check()  # refuses one that this box has never reached: its name may be a typing error
        report(f"{error}; what is done is taken from this box's journal")
        return _with_new_ids(read_state(history)), store.waiting()
    return agree_with_history(read_state(history), runs), runs


def _with_new_ids(state: BatchState) -> BatchState:
    """What is not over goes on under another id: whether the history has its own cannot be told now."""
    entries = {key: one if one.over else replace(one, run_id=None) for key, one in state.entries.items()}
    return replace(state, entries=entries)


def _run_races(
    known: Mapping[str, RaceState], keeper: Keeper, ledger: Ledger, options: BatchOptions
) -> set[str]:
    """Run what races until each race is over; the keys of these runs."""
    groups, notes = entries_that_race([entry for entry in ledger.entries if entry.judged is None])
    for note in notes:
        keeper.display.line(note)
    races = [ModelRace(group, known, ledger, keeper, options) for group in groups]
    try:
        for lap in laps(races):
            _run_all(lap, keeper, options.concurrent_models, lambda: first_of_next_lap(races))
    finally:
        ledger.races = [race.in_words() for race in races]
    return {entry.key for group in groups for entry in group}


def _run_all(
    groups: Sequence[Group],
    keeper: Keeper,
    at_once: int,
    afterwards: Callable[[], Entry | None] = lambda: None,
) -> None:
    """What is due now: one server of this machine after the other, models of providers side by side.

    `afterwards` tells what is served after all of them.
    """
    for elsewhere, some in groupby(groups, key=lambda group: may_run_beside(group[0].entry.settings)):
        if elsewhere and at_once > 1:
            run_side_by_side(list(some), keeper, at_once, _run_group)
        else:
            _run_groups(list(some), keeper, afterwards)


def _run_groups(groups: Sequence[Group], keeper: Keeper, afterwards: Callable[[], Entry | None]) -> None:
    """One server after the other."""
    for group, following in zip_longest(groups, groups[1:]):
        with keeper.reading_ahead(group[0].entry, following[0].entry if following else afterwards()):
            _run_group([keeper.planned(due) for due in group], keeper)


def _run_group(plans: Sequence[PlannedRun], keeper: Keeper) -> None:
    """Run plans that share a server, here."""
    executor = open_executor("local", Seams(keeper.display, keeper.wanted, keeper.trouble))
    executor.submit(Submitted("", tuple(plans)))
    with closing(executor.events()) as events:
        for event in events:
            try:
                _note(event, keeper)
            except BatchStopped:
                raise
            except Exception as error:
                keeper.note_broken(keeper.at_work or plans[0], error)


def _note(event: Event, keeper: Keeper) -> None:
    match event:
        case RunBroke(plan, error):
            keeper.note_broken(plan, error)
        case RunEnded(_, ended):
            keeper.note(ended)
            if ended.run.status is Status.INTERRUPTED:
                raise Interrupted


@contextmanager
def _alone(options: BatchOptions, report: Callable[[str], None]) -> Iterator[None]:
    """One batch at a time on this history and on this machine: two would spoil each other's timing.

    One whose runs are done by the boxes of a cluster takes nothing of this machine.
    """
    with ExitStack() as stack:
        machine = () if options.cluster is not None else (cache_folder() / "batch",)
        for path in (*machine, beside(options.history, "jsonl")):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(path, 0.0))
            except TimeoutError:
                if not options.wait:
                    what = "another batch is running on this machine or with this history"
                    raise UsageError(f"{what}: --if-busy wait waits for its end") from None
                report("another batch is running: this one waits for its end")
                stack.enter_context(locked(path, FOREVER_S))
            except OSError as error:
                raise UsageError(
                    f"{path.parent} may not be written ({error.strerror}): name another place with --history"
                ) from None
        yield
