"""bench_runner.py status: how far the batch and the single runs are, from another shell."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from benchkit.commands.options import history_option

if TYPE_CHECKING:
    from benchkit.records import Run
    from benchkit.running.batch.overview import Overview
    from benchkit.running.batch.state import EntryState

REFRESH_S = 2.0


@click.command()
@history_option
@click.option("--watch", is_flag=True, help="Show it anew until nothing runs any more.")
@click.option("--json", "as_json", is_flag=True, help="The runs as a list.")
def command(history: str, watch: bool, as_json: bool) -> None:
    """The latest batch and the single runs under way, with the progress of those at work."""
    from benchkit.running.batch.overview import look_at

    while True:
        overview = look_at(history)
        if watch and not as_json:
            click.clear()
        _show(overview, as_json, history)
        sys.stdout.flush()
        if not watch or overview.is_over:
            return
        time.sleep(REFRESH_S)


def _show(overview: Overview, as_json: bool, history: str) -> None:
    from benchkit.commands.history import waiting_line
    from benchkit.running.batch.display import batch_table, counts
    from benchkit.running.batch.table import box_table
    from benchkit.telling.history import open_store
    from benchkit.telling.tables.width import terminal_width
    from benchkit.terminal import print_json_list

    states, waiting = overview.states, open_store(history).waiting()
    if as_json:
        print_json_list(_records(overview, waiting))
        return
    if waiting:
        print(waiting_line(history, waiting))
    if not states:
        print(f"no batch was started with {history} yet")
        return
    print(batch_table(states, overview.snapshot_of, terminal_width()))
    for state in states:
        if state.error:
            print(f"{state.label}: {state.error}")
    for race in overview.races:
        print(overview.race_in_words(race))
    if overview.boxes:
        print(f"\n{box_table(overview.boxes, terminal_width())}")
    pid = overview.batch_pid
    batch = "no batch is running now" if pid is None else f"the batch is running as process {pid}"
    print(f"\n{counts(states)}; {batch}")


def _records(overview: Overview, waiting: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """A row each; those that wait for the store say so, and come last where the batch has none of them."""
    left = {run.id: run for run in waiting}
    for state in overview.states:
        now = asdict(overview.snapshot_of(state)) if state.state == "running" else None
        yield {**asdict(state), "now": now, **_waits(left.pop(state.run_id or "", None))}
    for run in left.values():
        yield {**asdict(_recorded(run)), "now": None, **_waits(run)}


def _waits(run: Run | None) -> dict[str, bool]:
    return {"waits_for_store": True} if run else {}


def _recorded(run: Run) -> EntryState:
    from benchkit.running.batch.state import EntryState

    return EntryState(
        key=run.id,
        model=run.model,
        benchmark=run.benchmark,
        state=run.status.value,
        run_id=run.id,
        folder=run.artifacts,
        score=run.results.score,
        error=run.error,
        box=run.machine.box,
    )
