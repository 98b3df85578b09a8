"""bench_runner.py show RUN: one run, whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option(
    "--history", type=click.Path(path_type=Path), default=Path("benchmark_results.json"), show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="The record as it stands in the history.")
def command(run_id: str, history: Path, as_json: bool) -> None:
    """One run of the history, by its id or the beginning of it."""
    from benchkit.telling.history import find, to_record

    record = to_record(find(history, run_id))
    if as_json:
        print(json.dumps(record, ensure_ascii=False))
        return
    for line in _lines(record):
        print(line)


def _lines(value: dict[str, Any], indent: str = "") -> list[str]:
    """Names and values, one a line; what is unknown is left out."""
    lines: list[str] = []
    for name, entry in value.items():
        if entry in (None, {}, []):
            continue
        if isinstance(entry, dict):
            below = _lines(entry, indent + "  ")
            lines += [f"{indent}{name}", *below] if below else []
        else:
            lines.append(f"{indent}{name}: {_text(entry)}")
    return lines


def _text(entry: object) -> str:
    if isinstance(entry, list):
        return ", ".join(map(str, entry))
    return str(entry)
