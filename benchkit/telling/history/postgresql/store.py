"""The store that is a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from benchkit.contract import RunFile
from benchkit.errors import HistoryError
from benchkit.records import Run
from benchkit.telling.history.artifacts import artifact_rows
from benchkit.telling.history.finding import (
    COLUMNS,
    EVERYTHING,
    FIRST_PAGE,
    IN_ORDER,
    Filter,
    Found,
    Order,
    Page,
)
from benchkit.telling.history.heads import Head, make_head
from benchkit.telling.history.leases import Kept, Lease, LeasedGroup
from benchkit.telling.history.listing import HEAD_COLUMNS, LIST_COLUMNS, ModelCount, listed_run
from benchkit.telling.history.notes import Note
from benchkit.telling.history.postgresql import adding, leases, queries
from benchkit.telling.history.postgresql.link import link_to
from benchkit.telling.history.postgresql.rows import RECORD, run_of_text, storable_text
from benchkit.telling.history.postgresql.spool import folder_on_this_box
from benchkit.telling.history.sealed import open_below

Values = Sequence[Any] | Mapping[str, Any]


class PostgresStore:
    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self._link = link_to(self.place)

    def check(self) -> None:
        """It can be reached, and rows may be added to it."""
        query = "SELECT has_table_privilege('run', 'INSERT'), current_setting('transaction_read_only')"
        may, read_only = self._row(query) or (False, "on")
        if not may or read_only == "on":
            raise HistoryError(f"history {self.place}: it may only be read: name another with --history")

    def append(self, run: Run) -> None:
        self._link.work(lambda connection: adding.add(connection, run, None))

    def heads(self) -> Sequence[Head]:
        return self._heads(f"{queries.HEADS} ORDER BY sequence")

    def latest_heads(self) -> Sequence[Head]:
        """Of each status, benchmark, model and problem set the last run's."""
        return self._heads(queries.LATEST_HEADS)

    def heads_of(self, model: str) -> Sequence[Head]:
        """Of all runs of a model."""
        return self._heads(f"{queries.HEADS} WHERE model = %s ORDER BY sequence", [storable_text(model)])

    def _heads(self, query: str, values: Values = ()) -> Sequence[Head]:
        names = HEAD_COLUMNS[:-1]
        return [
            make_head(position, dict(zip(names, row, strict=True)), problems)
            for position, *row, problems in self._rows(query, values)
        ]

    def counts(self) -> list[ModelCount]:
        """How often each model was run."""
        return [ModelCount(*row) for row in self._rows(queries.COUNTS)]

    def values_of(self, column: str) -> list[str]:
        """The values there are in a column of texts."""
        if column not in COLUMNS:
            raise KeyError(column)
        query = f"SELECT DISTINCT {column} FROM run WHERE {column} IS NOT NULL ORDER BY {column}"
        return [value for (value,) in self._rows(query)]

    def get(self, run_id: str) -> Run:
        found = self._row(f"SELECT {RECORD} FROM run WHERE id = %s", [storable_text(run_id)])
        if found is None:
            raise HistoryError(f"history {self.place}: it holds no run {run_id!r}")
        return run_of_text(found[0])

    def runs(self) -> list[Run]:
        return [
            run_of_text(*row) for row in self._rows(f"SELECT {RECORD}, sequence FROM run ORDER BY sequence")
        ]

    def find(self, wanted: Filter = EVERYTHING, order: Order = IN_ORDER, page: Page = FIRST_PAGE) -> Found:
        if (wanted, order, page) == (EVERYTHING, IN_ORDER, FIRST_PAGE):
            listed = [
                listed_run(*row)
                for row in self._rows(f"SELECT {', '.join(LIST_COLUMNS)} FROM run ORDER BY sequence")
            ]
            return Found(listed, len(listed))
        query, values = queries.page_query(wanted, order, page)
        count, counted = queries.count_query(wanted)
        (total,) = self._row(count, counted) or (0,)
        return Found([run_of_text(text, number) for number, text in self._rows(query, values)], total)

    def delete(self, run_id: str) -> None:
        if self._row("DELETE FROM run WHERE id = %s RETURNING id", [storable_text(run_id)]) is None:
            raise HistoryError(f"history {self.place}: it holds no run {run_id!r}")

    def notes(self) -> Mapping[str, Note]:
        return {
            run: Note(note, tuple(tags)) for run, note, tags in self._rows("SELECT run, note, tags FROM note")
        }

    def annotate(
        self, run_id: str, text: str | None = None, tags: Iterable[str] = (), without: Iterable[str] = ()
    ) -> Note:
        asked = {
            "run": storable_text(run_id),
            "text": None if text is None else storable_text(text),
            "tags": [storable_text(tag) for tag in tags],
            "without": [storable_text(tag) for tag in without],
        }
        now, tagged = self._row(queries.ANNOTATE, asked) or ("", ())
        return Note(now, tuple(tagged))

    def verdicts(self, run: Run) -> Iterator[dict[str, Any]]:
        return artifact_rows(self, run, RunFile.VERDICTS)

    def artifact(self, run: Run, name: str) -> BinaryIO:
        """From the store, else from the run's folder where that lies on this box."""
        found = self._row(
            "SELECT content FROM attempt_file WHERE run = %s AND name = %s",
            [storable_text(run.id), storable_text(name)],
        )
        if found is not None:
            return BytesIO(found[0])
        folder = adding.folder_of(run)
        if folder is None:
            raise FileNotFoundError(name)
        return open_below(folder, name)

    def batch_file(self, kind: str) -> Path:
        return folder_on_this_box(self.place) / f"batch.{kind}"

    def summary_file(self) -> Path:
        return folder_on_this_box(self.place) / "morning.md"

    def claim(self, group: str, box: str, seconds: float) -> Lease | None:
        return self._link.work(lambda connection: leases.claim(connection, group, box, seconds))

    def heartbeat(self, lease: Lease, seconds: float) -> bool:
        return self._link.work(lambda connection: leases.heartbeat(connection, lease, seconds))

    def append_if_current(self, run: Run, lease: Lease) -> Kept:
        return self._link.work(lambda connection: adding.add(connection, run, lease))

    def release(self, lease: Lease, *, done: bool) -> bool:
        return self._link.work(lambda connection: leases.release(connection, lease, done=done))

    def groups(self, prefix: str = "") -> Sequence[LeasedGroup]:
        return self._link.work(lambda connection: leases.groups(connection, prefix))

    def _rows(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._link.work(lambda one: one.execute(query, values).fetchall())
        return rows

    def _row(self, query: str, values: Values = ()) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._link.work(lambda one: one.execute(query, values).fetchone())
        return row
