"""Answers of one index file, as long as it is current."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchkit.errors import HistoryError, UsageError
from benchkit.files import cache_folder
from benchkit.records import Run
from benchkit.telling.history.finding import Filter, FoundRuns, Page, SortOrder
from benchkit.telling.history.heads import RunHead
from benchkit.telling.history.index.cursor import has_unfinished_append
from benchkit.telling.history.index.database import (
    TEXT_PLACE,
    UselessIndex,
    connected,
    index_name,
    read_cursor,
    storable,
)
from benchkit.telling.history.index.queries import count_query, latest_query, page_query, places_query
from benchkit.telling.history.json_file.content import signature_of
from benchkit.telling.history.listing import (
    HEAD_COLUMNS,
    LIST_COLUMNS,
    ModelCount,
    listed_heads,
    listed_run,
    values_query,
)
from benchkit.telling.history.notes import Note
from benchkit.telling.history.record import from_record


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

    def heads(self) -> list[RunHead]:
        return self._heads(f"SELECT position, {', '.join(HEAD_COLUMNS)} FROM runs ORDER BY position")

    def latest_heads(self) -> list[RunHead]:
        """Of each status, benchmark, model and problem set the last run's."""
        return self._heads(latest_query(("position", *HEAD_COLUMNS)))

    def heads_of(self, model: str) -> list[RunHead]:
        """Of all runs of a model."""
        columns = ", ".join(HEAD_COLUMNS)
        query = f"SELECT position, {columns} FROM runs WHERE model = {TEXT_PLACE} ORDER BY position"
        return self._heads(query, (storable(model),))

    def _heads(self, query: str, values: Sequence[Any] = ()) -> list[RunHead]:
        with connected(self.place) as connection:
            return listed_heads(connection.execute(query, values))

    def counts(self) -> list[ModelCount]:
        """How often each model was run."""
        query = """
            SELECT model, count(*), sum(status != 'ok'), max(moment) FROM runs GROUP BY model ORDER BY model
        """
        with connected(self.place) as connection:
            return [ModelCount(*row) for row in connection.execute(query)]

    def find(self, wanted: Filter, order: SortOrder, page: Page, notes: Mapping[str, Note]) -> FoundRuns:
        tagged = [run_id for run_id, note in notes.items() if wanted.tag in note.tags]
        with connected(self.place) as connection:
            (total,) = connection.execute(*count_query(wanted, tagged)).fetchone()
            positions = [row[0] for row in connection.execute(*page_query(wanted, tagged, order, page))]
            place_of = {place[0]: place for place in connection.execute(*places_query(positions))}
        return FoundRuns(self._runs([place_of[position] for position in positions]), total)

    def listed(self) -> list[Run]:
        """All runs in their order, with what a list shows of them."""
        query = f"SELECT {', '.join(LIST_COLUMNS)} FROM runs ORDER BY position"
        with connected(self.place) as connection:
            return [listed_run(*row) for row in connection.execute(query)]

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
        query = values_query(column, "runs")
        with connected(self.place) as connection:
            return [value for (value,) in connection.execute(query)]

    def ids_from(self, position: int) -> set[str]:
        """Of the runs that were added there or later."""
        with connected(self.place) as connection:
            return {
                name for (name,) in connection.execute("SELECT id FROM runs WHERE position >= ?", (position,))
            }

    def __len__(self) -> int:
        with connected(self.place) as connection:
            return read_cursor(connection).runs

    def _runs(self, places: Sequence[tuple[int, int, int]]) -> list[Run]:
        """The runs of these lines; UselessIndex where other text stands there by now."""
        with self.history.open("rb") as file:
            return [
                _run(os.pread(file.fileno(), length, offset), position) for position, offset, length in places
            ]


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
