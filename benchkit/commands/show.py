"""bench_runner.py show RUN: one run, whole; with --attempt, what one answer to a task came to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchkit.commands.options import history_option, runs_dir_option
from benchkit.terminal import printable

if TYPE_CHECKING:
    from benchkit.records import Run
    from benchkit.telling.history.base import Store


@click.command()
@click.argument("run_id", metavar="RUN")
@history_option
@click.option("--json", "as_json", is_flag=True, help="The record as it stands in the history.")
@click.option("--attempt", metavar="TASK", help="What came of this task and what judges said, in a pager.")
@runs_dir_option
def command(run_id: str, history: str, as_json: bool, attempt: str | None, runs_dir: Path) -> None:
    """One run of the history, by its id or the beginning of it."""
    if attempt is not None:
        judged = list(_judged_lines(run_id, history, attempt))
        lines = [*attempt_lines(_folder(run_id, history, runs_dir), attempt, judged)]
        click.echo_via_pager(f"{line}\n" for line in lines)
        return
    from benchkit.telling.history import find_run, open_store, to_record

    run = find_run(store := open_store(history), run_id)
    record = to_record(run)
    if as_json:
        print(json.dumps(record, ensure_ascii=False))
        return
    for line in (*_lines(record), *_judgements(store, run)):
        print(line)


def _judgements(store: Store, run: Run) -> Iterator[str]:
    """What judges said of the run as a whole."""
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.judgements import judgements_of

    judgements = judgements_of(Catalog(store), run)
    if judgements:
        yield "judged by"
        yield from (f"  {printable(one.in_words())}" for one in judgements)


def _judged_lines(run_id: str, history: str, task: str) -> Iterator[str]:
    """What judges said of the answers to one task; nothing where the run is none of the history."""
    from benchkit.errors import BenchError
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.judgements import judged_by, judgements_of, rationale_lines, rationales
    from benchkit.telling.history import find_run, open_store

    try:
        run = find_run(store := open_store(history), Path(run_id).name)
    except BenchError:
        return
    for one in judgements_of(Catalog(store), run):
        for row in rationales(store, one, task):
            yield click.style(f"{judged_by(one)} sample {row.get('sample')}", fg="cyan")
            yield from (f"  {printable(line)}" for line in rationale_lines(row))


def _folder(run_id: str, history: str, runs_dir: Path) -> Path:
    """The run's own folder: as the history knows it, or below the runs' folder, or named itself."""
    if Path(run_id).is_dir():
        return Path(run_id)
    if (runs_dir / run_id).is_dir():
        return runs_dir / run_id
    from benchkit.telling.history import find_run, open_store, to_record

    record = to_record(find_run(open_store(history), run_id))
    return Path(record.get("artifacts") or runs_dir / str(record["id"]))


def attempt_lines(folder: Path, task: str, judged: Sequence[str] = ()) -> Iterator[str]:
    """The files of each attempt at the task, with a head for each, and what judges said of it."""
    from benchkit.contract import ATTEMPTS, AttemptFile
    from benchkit.errors import UnknownName, UsageError

    attempts = sorted(path for path in (folder / ATTEMPTS).glob("*") if path.is_dir())
    if not attempts and (lines := list(_answer_lines(folder, task))):  # a run that keeps no attempts
        yield from (*lines, *judged)
        return
    if not attempts:
        raise UsageError(f"{folder / ATTEMPTS} holds no attempt: only runs of tasks keep them")
    attempts_of_task = [path for path in attempts if path.name == task or path.name.startswith(f"{task}__")]
    if not attempts_of_task:
        raise UnknownName("task", task, dict.fromkeys(path.name.partition("__")[0] for path in attempts))
    for path in attempts_of_task:
        yield click.style(path.name, bold=True)
        for name in AttemptFile:
            text = _read(path / name)
            if text.strip():
                yield click.style(f"── {name}", fg="cyan")
                yield from _coloured(text) if name == AttemptFile.PATCH else text.rstrip("\n").split("\n")
        yield ""
    yield from judged


def _answer_lines(folder: Path, task: str) -> Iterator[str]:
    """Each sample of the task with its verdict and its code; nothing where the run kept none."""
    from benchkit.contract import RunFile
    from benchkit.errors import UnknownName
    from benchkit.json_values import json_objects
    from benchkit.telling.history.artifacts import code_of

    verdicts, answers = (
        list(json_objects(_read(folder / name).encode().splitlines()))
        for name in (RunFile.VERDICTS, RunFile.ANSWERS)
    )
    tasks = dict.fromkeys(str(row.get("task_id")) for row in verdicts)
    if tasks and task not in tasks:
        raise UnknownName("task", task, tasks)
    codes = {row.get("sample"): row for row in answers if str(row.get("task_id")) == task}
    for row in (row for row in verdicts if str(row.get("task_id")) == task):
        sample, detail = row.get("sample"), f": {row['detail']}" if row.get("detail") else ""
        yield click.style(printable(f"{task} sample {sample}: {row.get('verdict')}{detail}"), bold=True)
        yield from map(printable, code_of(row | codes.get(sample, {})).rstrip("\n").split("\n"))
        yield ""


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _coloured(patch: str) -> Iterator[str]:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in patch.rstrip("\n").split("\n"):
        head = line.startswith(("+++", "---", "diff "))
        yield click.style(line, bold=True) if head else click.style(line, fg=colours.get(line[:1]))


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
