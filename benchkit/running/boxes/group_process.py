"""One group of runs in a process of its own: python -m benchkit.running.boxes.group_process FOLDER

The folder holds the order; beside it this process writes a history of the group's own and a line for each run
that has ended. Started again after whatever ended it, it goes on: a run that is recorded is told again, an
unfinished one keeps its folder and so its answers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from benchkit.contract import ExitCode
from benchkit.errors import BenchError, HistoryError, Interrupted
from benchkit.records import Status
from benchkit.running.batch.disk_space import too_little_to_go_on
from benchkit.running.batch.display import BatchDisplay
from benchkit.running.executors import Group, RunBroke, RunEnded, Seams, open_executor
from benchkit.running.orders import planned_runs, read_order
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.interrupts import Interrupts
from benchkit.running.runner.record import Findings, as_run
from benchkit.running.runner.work import mask_of
from benchkit.telling.history import open_store
from benchkit.telling.history.base import Store

ORDER, HISTORY, ENDED, OUTPUT, MODEL, RUNS = (
    "order.json", "history.json", "ended.jsonl", "group.log", "model.path", "runs.path",
)  # fmt: skip


def main(folder: Path) -> int:
    order = read_order((folder / ORDER).read_text())
    model, runs_dir = (Path((folder / name).read_text()) for name in (MODEL, RUNS))
    plans = planned_runs(order, model, folder / HISTORY, runs_dir)
    store = open_store(folder / HISTORY)
    with Interrupts():
        try:
            with (folder / ENDED).open("w") as ended:
                _run(plans, store, lambda line: print(line, file=ended, flush=True), runs_dir)
        except Interrupted as why:
            print(why)
            return Interrupted.exit_code
        except (HistoryError, OSError) as error:  # a full disk: no record finds room
            print(error)
            return ExitCode.FAILED
    return 0


def _run(plans: Sequence[PlannedRun], store: Store, tell: Callable[[str], None], runs_dir: Path) -> None:
    left = _left(plans, store)
    for plan in plans:
        if plan not in left:
            tell(_line(plan.id))
    watch = partial(_stop_on_full_disk, runs_dir)
    executor = open_executor("local", Seams(BatchDisplay(tuple), lambda _plan: True, watch))
    if left:
        executor.submit(Group("", tuple(left)))
    with closing(executor.events()) as events:
        for event in events:
            if isinstance(event, RunBroke):
                _stop_on_full_disk(runs_dir)
                _record_broken(event, store)
                tell(_line(event.plan.id, event.error))
                continue
            if isinstance(event, RunEnded):
                tell(_line(event.plan.id, event.ended.error))
                if event.ended.run.status is Status.INTERRUPTED:
                    raise Interrupted(event.ended.error)


def _stop_on_full_disk(runs_dir: Path) -> None:
    """Such a run is not over: it goes on from its journal, here once there is room or on another box."""
    if little := too_little_to_go_on(runs_dir):
        raise Interrupted(f"{little} for {runs_dir}")


def _left(plans: Sequence[PlannedRun], store: Store) -> list[PlannedRun]:
    """Without what is recorded; an interrupted run gives its place to the one that goes on."""
    recorded = {head.id: head for head in store.heads()}
    left = []
    for plan in plans:
        head = recorded.get(plan.id)
        if head is not None and head.status != Status.INTERRUPTED:
            continue
        if head is not None:
            store.delete(plan.id)
        left.append(plan)
    return left


def _record_broken(event: RunBroke, store: Store) -> None:
    if event.plan.id not in {head.id for head in store.heads()}:
        store.append(as_run(event.plan, Findings(error=event.error), mask_of(event.plan)))


def _line(run_id: str, error: BaseException | None = None) -> str:
    wide = isinstance(error, BenchError) and error.machine_wide
    stopped = str(error) if isinstance(error, Interrupted) else ""
    return json.dumps({"id": run_id, "machine_wide": wide, "stopped": stopped})


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
