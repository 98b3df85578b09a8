"""bench_runner.py status: how far the night is, from another shell."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from benchkit.commands.options import history_option

if TYPE_CHECKING:
    from benchkit.running.batch.live import Live
    from benchkit.running.batch.state import BatchState

REFRESH_S = 2.0


@click.command()
@history_option
@click.option("--watch", is_flag=True, help="Show it anew until the batch has ended.")
@click.option("--json", "as_json", is_flag=True, help="The runs as a list.")
def command(history: str, watch: bool, as_json: bool) -> None:
    """The latest batch: every run with its state, the one at work with its progress."""
    from benchkit.running.batch.live import read_live
    from benchkit.running.batch.state import at_rest, read_state

    while True:
        state, live = read_state(history), read_live(history)
        if not _alive(state):
            state = at_rest(state)
        if watch and not as_json:
            click.clear()
        _show(state, live, as_json, history)
        sys.stdout.flush()
        if not watch or not _alive(state):
            return
        time.sleep(REFRESH_S)


def _show(state: BatchState, live: Live, as_json: bool, history: str) -> None:
    from benchkit.running.batch.display import batch_table, counts
    from benchkit.telling.tables.width import terminal_width
    from benchkit.terminal import print_json_list

    states = state.of_the_plan()
    if as_json:
        print_json_list(
            {**asdict(entry), "now": asdict(live) if entry.state == "running" else None} for entry in states
        )
        return
    if not states:
        print(f"no batch was started with {history} yet")
        return
    print(batch_table(states, live, terminal_width()))
    for entry in states:
        if entry.error:
            print(f"{entry.label}: {entry.error}")
    print(f"\n{counts(states)}; {_whether_running(state)}")


def _whether_running(state: BatchState) -> str:
    return f"running as process {state.pid}" if _alive(state) else "no batch is running now"


def _alive(state: BatchState) -> bool:
    import psutil

    if state.pid is None:
        return False
    try:
        command_line = psutil.Process(state.pid).cmdline()
    except psutil.Error:
        return False
    # The number may be another program's by now, even this one's.
    return "batch" in command_line and any("bench_runner" in word for word in command_line)
