"""The store that is a PostgreSQL database."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from benchkit.contract import RunFile
from benchkit.errors import HistoryError, StoreUnavailable
from benchkit.records import Run
from benchkit.telling.history.artifacts import RunFiles, artifact_rows, files_in
from benchkit.telling.history.finding import (
    EVERYTHING,
    FIRST_PAGE,
    IN_ORDER,
    Filter,
    FoundRuns,
    Page,
    SortOrder,
)
from benchkit.telling.history.heads import RunHead, head_of
from benchkit.telling.history.leases import Kept, Lease, LeasedGroup
from benchkit.telling.history.listing import LIST_COLUMNS, ModelCount, listed_heads, listed_run, values_query
from benchkit.telling.history.notes import Note
from benchkit.telling.history.postgresql import adding, checking, leases, queries
from benchkit.telling.history.postgresql.address import without_alias
from benchkit.telling.history.postgresql.attempt_files import NAMES, put_files
from benchkit.telling.history.postgresql.link import link_to
from benchkit.telling.history.postgresql.rows import RECORD, run_of_text, storable_text
from benchkit.telling.history.postgresql.spool import Spool
from benchkit.telling.history.sealed import open_below
from benchkit.terminal import say

NEVER_REACHED = "nothing was ever recorded there from this box: mend the address, or start the database"
NEXT_TRY_S = 10.0  # after one that failed, for those who only read
_next_try: dict[str, float] = {}
_told: set[str] = set()

Values = Sequence[Any] | Mapping[str, Any]


class PostgresStore:
    """What waits on this box belongs to its history here, and goes to the database once that takes it."""

    def __init__(self, place: str | Path) -> None:
        self.place = without_alias(str(place))
        self._link = link_to(self.place)
        self._spool = Spool(self.place)

    def check(self, *, may_wait: bool = True) -> None:
        """It can be reached and takes rows. Or it did before, from this box: then records may wait here."""
        query = "SELECT has_table_privilege('run', 'INSERT'), current_setting('transaction_read_only')"
        try:
            may, read_only = self._row(query) or (False, "on")
            if not may or read_only == "on":
                raise StoreUnavailable(f"history {self.place}: it may only be read")
        except StoreUnavailable as error:
            if not self._spool.was_reached():
                raise HistoryError(f"{error}; {NEVER_REACHED}") from error
            if not may_wait:
                raise
            self._spool.make_folder()
            self._tell_of_waiting(error)
        else:
            self._spool.note_reached()

    def append(self, run: Run) -> None:
        self._keep(run, None)

    def extend(self, runs: Sequence[tuple[Run, RunFiles]]) -> int:
        return self._link.work(lambda connection: adding.extend(connection, runs))

    def append_if_current(self, run: Run, lease: Lease) -> Kept:
        return self._keep(run, lease)

    def _keep(self, run: Run, lease: Lease | None) -> Kept:
        """In the database, after what waited for it; on this box, as long as it takes nothing."""
        whole = adding.placed(run)
        try:
            self._send_waiting()
            kept = self._add(whole, lease)
        except HistoryError as error:
            self._spool.put(whole, lease)
            self._tell_of_waiting(error)
            return Kept.WAITING
        self._spool.note_reached()
        _told.discard(self.place)
        if kept is Kept.REFUSED and lease is None:
            where = self._spool.set_aside(whole)
            say(f"history {self.place}: it holds another run {run.id}; this one's record is in {where}")
        return kept

    def _add(self, run: Run, lease: Lease | None) -> Kept:
        return self._link.work(lambda connection: adding.add(connection, run, lease))

    def _send_waiting(self) -> None:
        self._spool.send(self._add)

    def _send_waiting_now_and_then(self) -> None:
        """For those who read: they see what waited, where that is possible, and wait for nothing."""
        now = time.monotonic()
        if self._spool.path.exists() and now >= _next_try.get(self.place, now):
            _next_try[self.place] = now + NEXT_TRY_S
            with suppress(HistoryError, OSError):
                self._send_waiting()

    def _tell_of_waiting(self, error: HistoryError) -> None:
        """Once as long as it lasts: a night has many runs."""
        if self.place not in _told:
            _told.add(self.place)
            say(f"{error}; records wait in {self._spool.path} and follow by themselves")

    def heads(self) -> Sequence[RunHead]:
        heads = self._heads(f"{queries.HEADS} ORDER BY sequence")
        return [*heads, *(head_of(len(heads) + n, run) for n, run in enumerate(self._still_waiting(heads)))]

    def latest_heads(self) -> Sequence[RunHead]:
        """Of each status, benchmark, model and problem set the last run's."""
        return self._heads(queries.LATEST_HEADS)

    def heads_of(self, model: str) -> Sequence[RunHead]:
        """Of all runs of a model."""
        return self._heads(f"{queries.HEADS} WHERE model = %s ORDER BY sequence", [storable_text(model)])

    def _heads(self, query: str, values: Values = ()) -> Sequence[RunHead]:
        return listed_heads(self._rows(query, values))

    def counts(self) -> list[ModelCount]:
        """How often each model was run."""
        return [ModelCount(*row) for row in self._rows(queries.COUNTS)]

    def values_of(self, column: str) -> list[str]:
        """The values there are in a column of texts."""
        return [value for (value,) in self._rows(values_query(column, "run"))]

    def get(self, run_id: str) -> Run:
        row = self._row(f"SELECT {RECORD} FROM run WHERE id = %s", [storable_text(run_id)])
        if row is not None:
            return run_of_text(row[0])
        for run in self._spool.runs():
            if run.id == run_id:
                return run
        raise HistoryError(f"history {self.place}: it holds no run {run_id!r}")

    def runs(self) -> list[Run]:
        rows = self._rows(f"SELECT {RECORD}, sequence FROM run ORDER BY sequence")
        runs = [run_of_text(*row) for row in rows]
        return [*runs, *self._still_waiting(runs)]

    def waiting(self) -> Sequence[Run]:
        return self._spool.runs()

    def _still_waiting(self, recorded: Sequence[RunHead] | Sequence[Run]) -> list[Run]:
        """What waits and is not among them."""
        if not self._spool.path.exists():
            return []
        known = {one.id for one in recorded}
        return [run for run in self._spool.runs() if run.id not in known]

    def find(
        self, wanted: Filter = EVERYTHING, order: SortOrder = IN_ORDER, page: Page = FIRST_PAGE
    ) -> FoundRuns:
        if (wanted, order, page) == (EVERYTHING, IN_ORDER, FIRST_PAGE):
            listed = [
                listed_run(*row)
                for row in self._rows(f"SELECT {', '.join(LIST_COLUMNS)} FROM run ORDER BY sequence")
            ]
            return FoundRuns(listed, len(listed))
        query, values = queries.page_query(wanted, order, page)
        count, counted = queries.count_query(wanted)
        (total,) = self._row(count, counted) or (0,)
        return FoundRuns([run_of_text(text, number) for number, text in self._rows(query, values)], total)

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

    def files(self, run: Run, *, logs: bool = False) -> RunFiles:
        """Those in the database; with logs also those that lie on this box."""
        here = files_in(adding.folder_of(run), logs=True).names if logs else ()
        stored = [name for (name,) in self._rows(NAMES, [storable_text(run.id)])]
        return RunFiles(
            [*stored, *(name for name in here if name not in stored)], partial(self.artifact, run)
        )

    def put_files(self, run: Run, files: RunFiles) -> int:
        return self._link.work(lambda connection: put_files(connection, run, files))

    def artifact(self, run: Run, name: str) -> BinaryIO:
        """From the store, else from the run's folder where that lies on this box."""
        row = self._row(
            "SELECT content FROM attempt_file WHERE run = %s AND name = %s",
            [storable_text(run.id), storable_text(name)],
        )
        if row is not None:
            return BytesIO(row[0])
        folder = adding.folder_of(run)
        if folder is None:
            raise FileNotFoundError(f"{name} of {run.id} is neither in {self.place} nor on this box")
        return open_below(folder, name)

    def problems(self) -> Iterator[str]:
        return checking.problems(self._rows)

    def batch_file(self, kind: str) -> Path:
        return self._spool.make_folder() / f"batch.{kind}"

    def summary_file(self) -> Path:
        return self._spool.make_folder() / "morning.md"

    def claim(self, group: str, box: str, seconds: float) -> Lease | None:
        return self._link.work(lambda connection: leases.claim(connection, group, box, seconds))

    def heartbeat(self, lease: Lease, seconds: float) -> bool:
        return self._link.work(lambda connection: leases.heartbeat(connection, lease, seconds))

    def release(self, lease: Lease, *, done: bool) -> bool:
        return self._link.work(lambda connection: leases.release(connection, lease, done=done))

    def groups(self, prefix: str = "") -> Sequence[LeasedGroup]:
        return self._link.work(lambda connection: leases.groups(connection, prefix))

    def _rows(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        self._send_waiting_now_and_then()
        rows: list[tuple[Any, ...]] = self._link.work(lambda one: one.execute(query, values).fetchall())
        return rows

    def _row(self, query: str, values: Values = ()) -> tuple[Any, ...] | None:
        return next(iter(self._rows(query, values)), None)
