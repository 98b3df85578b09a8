"""bench_runner.py list: the runs in the history, one line each."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.option(
    "--history", type=click.Path(path_type=Path), default=Path("benchmark_results.json"), show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(history: Path, as_json: bool) -> None:
    """The runs in the history, the newest last."""
    from benchkit.history import read_heads
    from benchkit.terminal import print_table

    runs = read_heads(history)
    rows = [
        {
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
        for run in runs
    ]
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    elif rows:
        print_table(rows)
    else:
        print(f"no runs in {history} yet: bench_runner.py --model FILE.gguf --benchmark human_eval")
