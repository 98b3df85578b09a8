"""What a list shows of a run, for stores that keep it in columns, and how SQL asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from benchkit.records import Run, Status
from benchkit.runs import run_of
from benchkit.telling.history.finding import COLUMNS, FilterField, SortOrder, searched_text
from benchkit.telling.history.heads import RunHead, make_head

FACTS: Mapping[str, FilterField] = {
    "id": FilterField(lambda run: run.id, "TEXT"),
    "timestamp": FilterField(lambda run: run.timestamp, "TEXT"),
    "problems": FilterField(lambda run: run.problem_set.name, "TEXT"),
    "searched": FilterField(searched_text, "TEXT"),
    # An error of a record by somebody else may be anything.
    "error": FilterField(lambda run: None if run.error is None else str(run.error), "TEXT"),
    "total_passed": FilterField(lambda run: run.results.total_passed, "INTEGER"),
    "total_problems": FilterField(lambda run: run.results.total_problems, "INTEGER"),
    **COLUMNS,
}
"""Name -> the fact: what lists are filtered and ordered by, and what they show. Each has a column."""

LIST_COLUMNS = (
    *("id", "timestamp", "benchmark", "model", "status", "error"),
    *("score", "time_taken", "total_passed", "total_problems", "tokens_per_second", "vram_mb"),
)
HEAD_COLUMNS = ("id", "timestamp", "benchmark", "model", "status", "problems")


@dataclass(frozen=True)
class ModelCount:
    """How often a model was run."""

    model: str
    runs: int
    not_ok: int
    last: float  # seconds since the epoch; far before it where no run has a date


def listed_run(
    run_id: str,
    timestamp: str,
    benchmark: str,
    model: str,
    status: str,
    error: str | None,
    score: float | None,
    time_taken: float | None,
    passed: int | None,
    total: int | None,
    tokens_per_second: float | None,
    vram_mb: float | None,
) -> Run:
    """The run of the values of LIST_COLUMNS."""
    return run_of(
        id=run_id,
        timestamp=timestamp,
        benchmark=benchmark,
        model=model,
        status=Status(status),
        error=error,
        results={
            "score": score,
            "time_taken": time_taken,
            "total_passed": passed,
            "total_problems": total,
        },
        telemetry={"tokens_per_second": tokens_per_second, "vram_peak_mb": vram_mb},
    )


def listed_heads(rows: Iterable[tuple[Any, ...]]) -> list[RunHead]:
    """The heads of rows of a position and the values of HEAD_COLUMNS."""
    names = HEAD_COLUMNS[:-1]
    return [
        make_head(position, dict(zip(names, row, strict=True)), problems) for position, *row, problems in rows
    ]


def order_clause(order: SortOrder, added: str) -> str:
    """In SQL; the values of the column `added` grow as runs were added."""
    direction = "DESC" if order.descending else "ASC"
    by = f"{order.column} {direction} NULLS LAST, " if order.column else ""
    return f"ORDER BY {by}{added} {direction}"


def values_query(column: str, table: str) -> str:
    """The values there are in a column of texts."""
    if column not in COLUMNS:
        raise KeyError(column)
    return f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {column}"
