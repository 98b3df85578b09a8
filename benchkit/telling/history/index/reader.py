"""Answers of one index file, as long as it is current."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchkit.errors import HistoryError, UsageError
from benchkit.files import cache_folder
from benchkit.records import Run, Status
from benchkit.runs import run_of
from benchkit.telling.history.finding import COLUMNS, Filter, Found, Order, Page
from benchkit.telling.history.heads import Head, make_head
from benchkit.telling.history.index.cursor import has_unfinished_append, signature_of
from benchkit.telling.history.index.database import (
    HEAD_COLUMNS,
    LIST_COLUMNS,
    TEXT_PLACE,
    UselessIndex,
    connected,
    index_name,
    read_cursor,
    storable,
)
from benchkit.telling.history.index.queries import count_query, latest_query, page_query, places_query
from benchkit.telling.history.notes import Note
from benchkit.telling.history.record import from_record


@dataclass(frozen=True)
class ModelCount:
    """How often a model was run."""

    model: str
    runs: int
    not_ok: int
    last: float  # seconds since the epoch; far before it where no run has a date


class IndexReader:
    """Reads an index and, by its offsets, the file it belongs to; UselessIndex where it cannot be."""

    def __init__(self, history: Path, place: Path) -> None:
        self.history, self.place = history, place

    def is_current(self) -> bool:
        """Whether it holds all of the history."""
        with connected(self.place) as connection:
            cursor = read_cursor(connection)
        whole = cursor.whole and not has_unfinished_append(self.history)
        return whole and cursor.signature == signature_of(self.history)

    def heads(self) -> list[Head]:
        return self._heads(f"SELECT {', '.join(HEAD_COLUMNS)} FROM runs ORDER BY position")

    def latest_heads(self) -> list[Head]:
        """Of each status, benchmark, model and problem set the last run's."""
        return self._heads(latest_query(HEAD_COLUMNS))

    def heads_of(self, model: str) -> list[Head]:
        """Of all runs of a model."""
        query = f"SELECT {', '.join(HEAD_COLUMNS)} FROM runs WHERE model = {TEXT_PLACE} ORDER BY position"
        return self._heads(query, (storable(model),))

    def _heads(self, query: str, values: Sequence[Any] = ()) -> list[Head]:
        names = HEAD_COLUMNS[1:-1]
        with connected(self.place) as connection:
            return [
                make_head(position, dict(zip(names, row, strict=True)), problems)
                for position, *row, problems in connection.execute(query, values)
            ]

    def counts(self) -> list[ModelCount]:
        """How often each model was run."""
        query = """
            SELECT model, count(*), sum(status != 'ok'), max(moment) FROM runs GROUP BY model ORDER BY model
        """
        with connected(self.place) as connection:
            return [ModelCount(*row) for row in connection.execute(query)]

    def find(self, wanted: Filter, order: Order, page: Page, notes: Mapping[str, Note]) -> Found:
        tagged = [run_id for run_id, note in notes.items() if wanted.tag in note.tags]
        with connected(self.place) as connection:
            (total,) = connection.execute(*count_query(wanted, tagged)).fetchone()
            positions = [row[0] for row in connection.execute(*page_query(wanted, tagged, order, page))]
            place_of = {place[0]: place for place in connection.execute(*places_query(positions))}
        return Found(self._runs([place_of[position] for position in positions]), total)

    def listed(self) -> list[Run]:
        """All runs in their order, with what a list shows of them."""
        query = f"SELECT {', '.join(LIST_COLUMNS)} FROM runs ORDER BY position"
        with connected(self.place) as connection:
            return [_listed(*row) for row in connection.execute(query)]

    def get(self, run_id: str) -> Run:
        named = f"FROM runs WHERE id = {TEXT_PLACE} ORDER BY position DESC LIMIT 1"
        with connected(self.place) as connection:
            places = connection.execute(
                f"SELECT position, offset, length {named}", (storable(run_id),)
            ).fetchall()
        if not places:
            raise HistoryError(f"it holds no run {run_id!r}")
        return self._runs(places)[0]

    def values_of(self, column: str) -> list[str]:
        """The values there are in a column of texts."""
        if column not in COLUMNS:
            raise KeyError(column)
        query = f"SELECT DISTINCT {column} FROM runs WHERE {column} IS NOT NULL ORDER BY {column}"
        with connected(self.place) as connection:
            return [value for (value,) in connection.execute(query)]

    def __len__(self) -> int:
        with connected(self.place) as connection:
            return read_cursor(connection).runs

    def _runs(self, places: Sequence[tuple[int, int, int]]) -> list[Run]:
        """The runs of these lines; UselessIndex where other text stands there by now."""
        with self.history.open("rb") as file:
            return [
                _run(os.pread(file.fileno(), length, offset), position) for position, offset, length in places
            ]


def _listed(
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


def _run(line: bytes, position: int) -> Run:
    try:
        return from_record(json.loads(line), position + 1)
    except (ValueError, RecursionError, HistoryError):
        raise UselessIndex("the file was changed since") from None


def current_index(history: Path) -> IndexReader | None:
    """The index that somebody keeps of this history, where there is one and it is current."""
    with suppress(OSError, UsageError):
        place = index_folder() / index_name(history)
        reader = IndexReader(history, place)
        if place.exists() and reader.is_current():
            return reader
    return None


def index_folder() -> Path:
    return cache_folder() / "index"
