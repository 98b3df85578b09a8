"""bench_runner.py show RUN: one run, whole."""

from __future__ import annotations

import json
from typing import Any

import click

from benchkit.commands.options import history_option


@click.command()
@click.argument("run_id", metavar="RUN")
@history_option
@click.option("--json", "as_json", is_flag=True, help="The record as it stands in the history.")
def command(run_id: str, history: str, as_json: bool) -> None:
    """One run of the history, by its id or the beginning of it."""
    from benchkit.telling.history import find_run, open_store, to_record

    record = to_record(find_run(open_store(history), run_id))
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
