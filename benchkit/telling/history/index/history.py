"""A store that keeps the index of its file current, for those who look at a history again and again."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from benchkit.errors import HistoryError, UsageError
from benchkit.files import PRIVATE_FOLDER, real_path
from benchkit.records import Run
from benchkit.telling.history.base import Store
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
from benchkit.telling.history.heads import Head
from benchkit.telling.history.index.building import OtherLayout, follow
from benchkit.telling.history.index.database import index_name
from benchkit.telling.history.index.reader import IndexReader, index_folder
from benchkit.telling.history.json_file.file import JsonFile
from benchkit.telling.history.notes import Note
from benchkit.telling.history.stores import open_store

T = TypeVar("T")


def open_indexed(place: str | Path) -> IndexedHistory:
    """The history with an index, where it is a file; another make of store finds its runs by itself."""
    return IndexedHistory(open_store(place))


class IndexedHistory:
    """A Store, for several threads; every answer is of the history as it is at that moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._history = real_path(store.path) if isinstance(store, JsonFile) else None
        self._following = threading.Lock()
        self._folder: Path | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.progress: float | None = None  # of an index that is being built, from 0 to 1

    @property
    def place(self) -> str:
        return self._store.place

    def follow(self, report: Callable[[int, int], None] = lambda _read, _all: None) -> IndexReader | None:
        """Bring the index up to date; None where this history can have none."""
        if self._history is None or not self._history.is_file():
            return None

        def note(read: int, of: int) -> None:
            self.progress = read / of
            report(read, of)

        with self._following:
            try:
                return self._current(note)
            except OtherLayout:
                return None
            except HistoryError as error:
                raise HistoryError(f"history {self.place}: {error}") from None
            except OSError as error:
                raise HistoryError(f"history {self.place}: {error.strerror or error}") from error
            finally:
                self.progress = None

    def _current(self, report: Callable[[int, int], None]) -> IndexReader:
        assert self._history is not None
        self._folder = self._folder or self._writable_folder()
        reader = IndexReader(self._history, self._folder / index_name(self._history))
        if not (reader.place.exists() and _is_current(reader)):
            follow(self._history, reader.place, report)
        return reader

    def _writable_folder(self) -> Path:
        """The cache folder; where nothing can be written into it, a folder that goes with this process."""
        try:
            folder = index_folder()
            folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
            if os.access(folder, os.W_OK | os.X_OK):
                return folder
        except (OSError, UsageError):
            pass
        self._temporary = tempfile.TemporaryDirectory(prefix="bench_runner-index-")
        return Path(self._temporary.name)

    def _answer(self, from_index: Callable[[IndexReader], T], from_store: Callable[[], T]) -> T:
        for _ in range(2):  # once more, where the file is replaced just now
            reader = self.follow()
            if reader is None:
                break
            try:
                return from_index(reader)
            except HistoryError as error:
                raise HistoryError(f"history {self.place}: {error}") from None
            except OSError:
                continue
        return from_store()

    def find(self, wanted: Filter = EVERYTHING, order: Order = IN_ORDER, page: Page = FIRST_PAGE) -> Found:
        notes = self.notes() if wanted.tag is not None else {}
        return self._answer(
            lambda index: index.find(wanted, order, page, notes),
            lambda: self._store.find(wanted, order, page),
        )

    def heads(self) -> Sequence[Head]:
        return self._answer(lambda index: index.heads(), self._store.heads)

    def latest_heads(self) -> Sequence[Head]:
        """Enough of the heads to choose each model's latest good run by; quick for any number of runs."""
        return self._answer(lambda index: index.latest_heads(), self._store.heads)

    def values_of(self, column: str) -> list[str]:
        """The values there are of a fact in COLUMNS that is a text, such as all quantizations."""
        value = COLUMNS[column].value

        def from_store() -> list[str]:
            return sorted({str(found) for run in self._store.runs() if (found := value(run)) is not None})

        return self._answer(lambda index: index.values_of(column), from_store)

    def get(self, run_id: str) -> Run:
        return self._answer(lambda index: index.get(run_id), lambda: self._store.get(run_id))

    def runs(self) -> list[Run]:
        return self._store.runs()

    def check(self) -> None:
        self._store.check()

    def append(self, run: Run) -> None:
        self._store.append(run)

    def delete(self, run_id: str) -> None:
        self._store.delete(run_id)

    def notes(self) -> Mapping[str, Note]:
        return self._store.notes()

    def annotate(
        self, run_id: str, text: str | None = None, tags: Iterable[str] = (), without: Iterable[str] = ()
    ) -> Note:
        return self._store.annotate(run_id, text, tags, without)

    def verdicts(self, run: Run) -> Iterator[dict[str, Any]]:
        return self._store.verdicts(run)

    def artifact(self, run: Run, name: str) -> BinaryIO:
        return self._store.artifact(run, name)

    def batch_file(self, kind: str) -> Path:
        return self._store.batch_file(kind)

    def summary_file(self) -> Path:
        return self._store.summary_file()


def _is_current(reader: IndexReader) -> bool:
    try:
        return reader.is_current()
    except OSError:
        return False
