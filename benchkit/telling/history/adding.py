"""A run or a results file made elsewhere becomes a run of this history, its origin noted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from benchkit.contract import RunFile
from benchkit.errors import ParseError, UsageError
from benchkit.records import Results, Run, Status, Verdict
from benchkit.runs import run_of
from benchkit.telling.history.base import Store
from benchkit.telling.history.record import from_record

LONGEST_TEXT = 16_000_000  # bytes


def add(
    store: Store, source: Path, *, parser: str | None, benchmark: str | None, model: str | None
) -> list[Run]:
    """Append what the source holds and the history does not; returns what was added."""
    known = {head.id for head in store.heads()}
    new = [run for run in runs_in(source, parser, benchmark, model) if run.id not in known]
    for run in new:
        store.append(run)
    return new


def runs_in(source: Path, parser: str | None, benchmark: str | None, model: str | None) -> list[Run]:
    """Of a history all runs, of a run's folder its record, of anything else what the parser reads."""
    if not source.exists():
        raise UsageError(f"{source} is neither a run of the history nor a file or folder")
    if parser is None:
        ours = _ours(source / RunFile.RECORD if source.is_dir() else source)
        if ours:
            return [_brought(run, source.absolute()) for run in ours]
        raise UsageError(
            f"{source} is no record of ours: say who wrote it with --parser, and --model, --benchmark"
        )
    if not model:
        raise UsageError(f"which model made {source}? add --model NAME")
    return [_parsed(source, parser, benchmark or parser, model)]


def _brought(run: Run, source: Path) -> Run:
    """With its origin, and its artifacts where they now lie: in its own folder or beside its history."""
    folder = source if source.is_dir() else source.parent
    place = folder if (folder / RunFile.RECORD).is_file() else folder / "runs" / run.id
    artifacts = str(place) if place.is_dir() else run.artifacts
    return replace(run, config=replace(run.config, origin=str(source)), artifacts=artifacts)


def holds_records(source: Path) -> bool:
    """Whether it is a history or a run's record or folder of ours."""
    return bool(_ours(source / RunFile.RECORD if source.is_dir() else source))


def _ours(source: Path) -> list[Run]:
    try:
        content = json.loads(source.read_bytes()) if _may_be_json(source) else None
    except (OSError, ValueError, RecursionError):
        return []
    records = content.get("runs") if isinstance(content, dict) and "runs" in content else [content]
    if not isinstance(records, list) or not all(_is_record(record) for record in records):
        return []
    return [from_record(record, number) for number, record in enumerate(records, 1)]


def _may_be_json(source: Path) -> bool:
    """Decided by its first byte, so that an archive of gigabytes is not read to find out that it is none."""
    with source.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[", b"")


def _is_record(record: Any) -> bool:
    return isinstance(record, dict) and {"model", "benchmark", "results"} <= record.keys()


def _parsed(source: Path, parser: str, benchmark: str, model: str) -> Run:
    from parsers import NEEDED_SETTING, get_parser

    if parser in NEEDED_SETTING:
        raise UsageError(
            f"parser {parser} reads only what a run prints: name the harness that wrote {source}"
        )
    folder = source if source.is_dir() else source.parent
    try:
        results = get_parser(parser).parse(text_of(source), source)
    except ParseError as error:
        raise ParseError(f"{source}: {error}", log=error.log) from None
    metrics = dict(results.metrics)
    sampling = metrics.pop("sampling", None)
    return run_of(
        id=_id(source, parser, benchmark, model),
        timestamp=datetime.now().astimezone().isoformat(timespec="seconds"),
        benchmark=benchmark,
        model=model,
        status=Status.OK,
        config={
            "path": None,
            "gpu_layers": None,
            "origin": str(source.absolute()),
            "parser": parser,
            **(sampling if isinstance(sampling, Mapping) else {}),
        },
        results=_results(results, metrics),
        problem_set=dict(results.problem_set or {}),
        artifacts=str(folder.resolve()) if (folder / RunFile.VERDICTS).is_file() else None,
    )


def text_of(source: Path) -> str:
    """The printed text in a file; of a long one its end, where results stand; of an archive none."""
    if source.is_dir():
        return ""
    with source.open("rb") as file:
        if b"\0" in file.read(1024):
            return ""
        file.seek(max(0, file.seek(0, 2) - LONGEST_TEXT))
        return file.read().decode(errors="replace")


def _id(source: Path, *names: str) -> str:
    """The same for the same files taken in the same way: so none is added twice."""
    digest = hashlib.sha256("\n".join(names).encode())
    for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
        if path.is_file():
            _update(digest, path)
    return f"imported-{digest.hexdigest()[:12]}"


def _update(digest: hashlib._Hash, path: Path) -> None:
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)


def _results(results: Results, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The fixed names; verdicts stay as the list of failed tasks, from which pairs can be made."""
    failed = results.failed_tasks or tuple(_failed(results.verdicts.items()))
    passed, total = results.total_passed, results.total_problems
    if results.verdicts and total is None:
        total, passed = len(results.verdicts), len(results.verdicts) - len(failed)
    return {
        "score": results.score,
        "time_taken": results.time_taken,
        "total_passed": passed,
        "total_problems": total,
        "difficulty_scores": dict(results.difficulty_scores),
        "failed_tasks": list(failed),
        **metrics,
    }


def _failed(verdicts: Iterable[tuple[str, tuple[Verdict, ...]]]) -> Iterable[str]:
    return (task for task, samples in verdicts if Verdict.PASSED not in samples)
