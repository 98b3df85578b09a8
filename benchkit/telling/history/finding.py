"""Which runs a list shows, in which order, and which part of them.

Every store answers the same: one that holds its runs in memory by `find_among`, an index by the same tables.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from benchkit.errors import UnknownName
from benchkit.records import Run
from benchkit.telling.history.heads import moment
from benchkit.telling.history.naming import family_of, quantization_of
from benchkit.telling.history.notes import Note


@dataclass(frozen=True)
class Filter:
    """What a run must have; None asks for nothing. A fact that nobody knows meets no condition."""

    benchmark: str | None = None
    model: str | None = None
    status: str | None = None
    text: str | None = None  # part of the id, model, benchmark or error, in any case
    family: str | None = None
    quantization: str | None = None
    gpu_layers: str | None = None
    tag: str | None = None
    min_score: float | None = None
    max_score: float | None = None
    min_size_bytes: float | None = None
    max_size_bytes: float | None = None
    max_vram_mb: float | None = None
    min_tokens_per_second: float | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[tuple[str, str, Any]]:
        """Column, comparison and value of each condition that one column decides."""
        return [
            (column, sign, value.timestamp() if isinstance(value, datetime) else value)
            for name, (column, sign) in CONDITIONS.items()
            if (value := getattr(self, name)) is not None
        ]

    def accepts(self, run: Run, note: Note | None = None) -> bool:
        return (
            all(_meets(COLUMNS[column].value(run), sign, value) for column, sign, value in self.conditions())
            and (self.text is None or self.text.casefold() in searched_text(run))
            and (self.tag is None or (note is not None and self.tag in note.tags))
        )


class FilterField(NamedTuple):
    """A fact of a run by which a list can be filtered or ordered."""

    value: Callable[[Run], str | float | int | None]
    kind: str  # in SQL


COLUMNS: Mapping[str, FilterField] = {
    "benchmark": FilterField(lambda run: run.benchmark, "TEXT"),
    "model": FilterField(lambda run: run.model, "TEXT"),
    "family": FilterField(family_of, "TEXT"),
    "quantization": FilterField(quantization_of, "TEXT"),
    "status": FilterField(lambda run: run.status.value, "TEXT"),
    "gpu_layers": FilterField(lambda run: _text(run.config.gpu_layers), "TEXT"),
    "size_bytes": FilterField(lambda run: run.model_file.size_bytes, "INTEGER"),
    "score": FilterField(lambda run: run.results.score, "REAL"),
    "time_taken": FilterField(lambda run: run.results.time_taken, "REAL"),
    "tokens_per_second": FilterField(lambda run: run.telemetry.tokens_per_second, "REAL"),
    "vram_mb": FilterField(lambda run: run.telemetry.vram_peak_mb, "REAL"),
    "moment": FilterField(lambda run: moment(run.timestamp).timestamp(), "REAL"),
    # In any case, so that a list is ordered as people look names up.
    "model_folded": FilterField(lambda run: run.model.casefold(), "TEXT"),
    "family_folded": FilterField(lambda run: family_of(run).casefold(), "TEXT"),
    "benchmark_folded": FilterField(lambda run: run.benchmark.casefold(), "TEXT"),
}
"""Name -> the fact. To filter or order by another one: its line here, and one in CONDITIONS or ORDERS."""

CONDITIONS: Mapping[str, tuple[str, str]] = {
    "benchmark": ("benchmark", "="),
    "model": ("model", "="),
    "status": ("status", "="),
    "family": ("family", "="),
    "quantization": ("quantization", "="),
    "gpu_layers": ("gpu_layers", "="),
    "min_score": ("score", ">="),
    "max_score": ("score", "<="),
    "min_size_bytes": ("size_bytes", ">="),
    "max_size_bytes": ("size_bytes", "<="),
    "max_vram_mb": ("vram_mb", "<="),
    "min_tokens_per_second": ("tokens_per_second", ">="),
    "since": ("moment", ">="),
    "until": ("moment", "<="),
}
"""Field of a filter -> the column that decides it, and how."""

ORDERS: Mapping[str, str | None] = {
    "added": None,
    "timestamp": "moment",
    "model": "model_folded",
    "family": "family_folded",
    "benchmark": "benchmark_folded",
    "status": "status",
    "quantization": "quantization",
    "size_bytes": "size_bytes",
    "score": "score",
    "time_taken": "time_taken",
    "tokens_per_second": "tokens_per_second",
    "vram_mb": "vram_mb",
}
"""Name -> the column to order by; None keeps the order in which the runs were added.

Runs without the fact come last; those alike as they were added, or the last first where it descends.
"""

_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {"=": operator.eq, ">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class SortOrder:
    """The name of a key in ORDERS, and its direction."""

    by: str = "added"
    descending: bool = False

    @property
    def column(self) -> str | None:
        if self.by not in ORDERS:
            raise UnknownName("order", self.by, ORDERS)
        return ORDERS[self.by]


@dataclass(frozen=True)
class Page:
    """A part of the matching runs; without a limit, all from `offset` on."""

    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True)
class FoundRuns:
    """The runs of one page, and how many there are on all pages."""

    runs: Sequence[Run]
    total: int


EVERYTHING, IN_ORDER, FIRST_PAGE = Filter(), SortOrder(), Page()


def find_among(
    runs: Sequence[Run], wanted: Filter, order: SortOrder, page: Page, notes: Mapping[str, Note] | None = None
) -> FoundRuns:
    """For stores that hold their runs in memory."""
    known = notes or {}
    kept = list(runs) if wanted == EVERYTHING else [r for r in runs if wanted.accepts(r, known.get(r.id))]
    kept = _ordered(kept, order)
    end = None if page.limit is None else page.offset + page.limit
    return FoundRuns(kept[page.offset : end], len(kept))


def searched_text(run: Run) -> str:
    """What a filter's text is looked up in."""
    # An error of a record by somebody else may be anything.
    return "\n".join(str(part or "") for part in (run.id, run.model, run.benchmark, run.error)).casefold()


def _ordered(runs: list[Run], order: SortOrder) -> list[Run]:
    if order.column is None:
        return runs[::-1] if order.descending else runs
    key = COLUMNS[order.column].value
    known = sorted((run for run in runs if key(run) is not None), key=key)  # type: ignore[arg-type]
    unknown = [run for run in runs if key(run) is None]
    return [*known[::-1], *unknown[::-1]] if order.descending else [*known, *unknown]


def _meets(value: Any, sign: str, wanted: Any) -> bool:
    return value is not None and _SIGNS[sign](value, wanted)


def _text(value: int | str | None) -> str | None:
    return None if value is None else str(value)
