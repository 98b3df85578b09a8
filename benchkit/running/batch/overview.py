"""How far the latest batch of a history is, and the single runs that are under way beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from benchkit.errors import HistoryError
from benchkit.records import Status
from benchkit.running.batch.state import BatchState, EntryState, RaceState, at_rest, boxes_path, read_state
from benchkit.running.live import BoxNow, LiveRun, Snapshot, killed_runs, live_runs
from benchkit.running.live.boxes import read_boxes
from benchkit.running.live.form import history_name
from benchkit.telling.history import open_store


@dataclass(frozen=True)
class Overview:
    states: tuple[EntryState, ...]  # of the batch, then of the single runs under way, then of the killed ones
    snapshots: Mapping[str, Snapshot]  # by run id, of the runs at work
    batch_pid: int | None  # of the batch's process, while it lives
    single_runs: int = 0
    races: tuple[RaceState, ...] = ()  # of the batch
    boxes: tuple[BoxNow, ...] = ()  # of the cluster on which the batch runs

    @property
    def is_over(self) -> bool:
        return self.batch_pid is None and not self.single_runs

    def snapshot_of(self, state: EntryState) -> Snapshot:
        return self.snapshots.get(state.run_id or "", Snapshot())

    def race_in_words(self, race: RaceState) -> str:
        """How it stands; who was stopped and why is in the states of its entries."""
        entries = [state for state in self.states if state.key in race.entries]
        gone = sum(state.state in (Status.STOPPED, Status.FAILED) for state in entries)
        first = next(iter(race.ends), 0)
        return (
            f"a race for {race.goal}, a first round of {first} problems: "
            f"{len(entries) - gone} of {len(entries)} in"
        )


def look_at(history: str | Path) -> Overview:
    """What the batch's journal and the live runs say about this history."""
    runs = live_runs()
    return overview_of(read_state(history), runs, history, _killed_without_record(history))


def _killed_without_record(history: str | Path) -> list[LiveRun]:
    """The killed runs that this history has no record of; a record makes the note needless."""
    killed = [run for run in killed_runs() if run.announcement.history == history_name(history)]
    recorded: set[str] = set()
    if killed:
        with suppress(HistoryError):
            recorded = {head.id for head in open_store(history).heads()}
    for run in killed:
        if run.announcement.run_id in recorded:
            run.path.unlink(missing_ok=True)
    return [run for run in killed if run.announcement.run_id not in recorded]


def overview_of(
    batch: BatchState, runs: Iterable[LiveRun], history: str | Path, killed: Sequence[LiveRun] = ()
) -> Overview:
    """The overview of a journal and live runs that were read already."""
    alive = _is_alive(batch)
    states = (batch if alive else at_rest(batch)).of_the_plan()
    name = history_name(history)
    here = {run.announcement.run_id: run for run in runs if run.announcement.history == name}
    planned = {state.run_id for state in states}
    single = [_single(run) for run_id, run in here.items() if run_id not in planned]
    snapshots = {run_id: run.snapshot for run_id, run in here.items()}
    ended = [_killed(run) for run in killed if run.announcement.run_id not in planned]
    races = tuple(race for race in batch.races.values() if {*race.entries} & {*batch.planned})
    pid = batch.pid if alive else None
    boxes = read_boxes(boxes_path(history), batch.owner) if alive else ()
    return Overview((*states, *single, *ended), snapshots, pid, len(single), races, boxes)


def _killed(run: LiveRun) -> EntryState:
    now = run.snapshot
    done = f" after {now.done} of {now.total} problems" if now.done is not None and now.total else ""
    why = f"its process was killed{done}; what it had is in {run.announcement.folder}"
    return replace(_single(run), state=Status.INTERRUPTED, error=why)


def _single(run: LiveRun) -> EntryState:
    announced = run.announcement
    return EntryState(
        key=announced.run_id,
        model=announced.model,
        benchmark=announced.benchmark,
        state="running",
        run_id=announced.run_id,
        folder=announced.folder,
    )


def _is_alive(batch: BatchState) -> bool:
    if batch.owner is not None:
        return batch.owner.is_here() and batch.owner.is_alive()
    return batch.pid is not None and _is_a_batch(batch.pid)


def _is_a_batch(pid: int) -> bool:
    """By its command line: the number may be another program's by now, even this one's."""
    import psutil

    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return "batch" in words and any("bench_runner" in word for word in words)
