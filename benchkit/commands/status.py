"""bench_runner.py status: how far the night is, from another shell."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from benchkit.batch.state import EntryState, NightState

REFRESH_S = 2.0


@click.command()
@click.option(
    "--history", type=click.Path(path_type=Path), default=Path("benchmark_results.json"), show_default=True
)
@click.option("--watch", is_flag=True, help="Show it anew until the batch has ended.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a run.")
def command(history: Path, watch: bool, as_json: bool) -> None:
    """The latest batch: every run with its state, the one at work with its progress."""
    from benchkit.batch.state import read_state

    while True:
        state = read_state(history)
        if watch and not as_json:
            click.clear()
        _show(state, as_json, history)
        if not watch or not _alive(state):
            return
        time.sleep(REFRESH_S)


def _show(state: NightState, as_json: bool, history: Path) -> None:
    from tabulate import tabulate

    from benchkit.batch.display import COLUMNS, table_rows

    states = state.of_the_plan()
    progress = {entry.key: _progress(entry) for entry in states if entry.state == "running"}
    if as_json:
        for entry in states:
            print(json.dumps({**asdict(entry), "progress": progress.get(entry.key)}, ensure_ascii=False))
        return
    if not states:
        print(f"no batch was started with {history} yet")
        return
    print(tabulate(table_rows(states, progress), headers=COLUMNS, disable_numparse=True))
    print(f"\n{sum(entry.over for entry in states)} of {len(states)} done; {_whether_running(state)}")


def _whether_running(state: NightState) -> str:
    return f"running as process {state.pid}" if _alive(state) else "no batch is running now"


def _alive(state: NightState) -> bool:
    import psutil

    if state.pid is None or not psutil.pid_exists(state.pid):
        return False
    # The number may be another program's by now.
    return any("bench_runner" in word for word in psutil.Process(state.pid).cmdline())


def _progress(entry: EntryState) -> str:
    from benchkit.runner.watch import EventReader
    from benchkit.terminal import progress_text

    progress = EventReader(Path(entry.folder or ".") / "events.jsonl").progress()
    return progress_text(progress, None, 0.0) if progress else "starting"
