"""bench_runner.py list: the runs in the history, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from benchkit.commands.options import history_option

if TYPE_CHECKING:
    from benchkit.records import Run


@click.command()
@history_option
@click.option("--json", "as_json", is_flag=True, help="The records as they stand in the history, as a list.")
def command(history: str, as_json: bool) -> None:
    """The runs in the history, the newest last."""
    from benchkit.telling.history import open_store, to_record
    from benchkit.terminal import print_json_list, print_table

    store = open_store(history)
    if as_json:
        print_json_list(to_record(run) for run in store.runs())
    elif runs := store.find().runs:
        print_table([_row(run) for run in runs])
    else:
        print(f"no runs in {history} yet: bench_runner.py --model FILE.gguf --benchmark human_eval")


def _row(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "timestamp": run.timestamp,
        "benchmark": run.benchmark,
        "model": run.model,
        "status": run.status.value,
        "score": run.results.get("score"),
        "solved": run.results.get("total_passed"),
        "of": run.results.get("total_problems"),
        "time_s": run.results.get("time_taken"),
        "error": run.error,
    }
