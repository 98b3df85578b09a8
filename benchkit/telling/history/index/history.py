"""A store that keeps the index of its file current, for those who look at a history again and again."""

from __future__ import annotations

import os
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from benchkit.errors import HistoryError, UsageError
from benchkit.files import PRIVATE_FOLDER, real_path
from benchkit.records import Run
from benchkit.telling.history.artifacts import RunFiles
from benchkit.telling.history.base import Finder, Store
from benchkit.telling.history.finding import (
    COLUMNS,
    EVERYTHING,
    FIRST_PAGE,
    IN_ORDER,
    Filter,
    FoundRuns,
    Page,
    SortOrder,
)
from benchkit.telling.history.heads import RunHead, moment
from benchkit.telling.history.index.building import OtherLayout, follow, needs_build
from benchkit.telling.history.index.database import index_name
from benchkit.telling.history.index.reader import IndexReader, index_folder
from benchkit.telling.history.json_file.content import Signature, signature_of
from benchkit.telling.history.json_file.file import JsonFile
from benchkit.telling.history.listing import ModelCount
from benchkit.telling.history.notes import Note
from benchkit.telling.history.stores import open_store

T = TypeVar("T")
LONG_BYTES = 4_000_000  # a shorter history is read at once
MOST_KEPT = 1000  # runs that are kept in memory: a leaderboard asks for the same ones again and again


def open_indexed(place: str | Path) -> IndexedHistory:
    """The history with an index, where it is a file; another make of store finds its runs by itself."""
    return IndexedHistory(open_store(place))


@dataclass
class Seen:
    """What was read of the history while it is the same."""

    signatures: (
        tuple[Signature | None, Signature | None] | None
    )  # of the file and its index; None: keep nothing
    count: int = 0  # runs that the history had
    latest: Sequence[RunHead] | None = None
    runs: dict[str, Run] = field(default_factory=dict)

    def runs_after_appends(self, reader: IndexReader) -> dict[str, Run]:
        """Those that are still the same where the index is this one, grown by nothing but appends."""
        index = self.signatures[1] if self.signatures else None
        now = signature_of(reader.place)
        if index is None or now is None or index[0] != now[0]:
            return {}
        added = reader.ids_from(self.count)
        return {run_id: run for run_id, run in self.runs.items() if run_id not in added}


class IndexedHistory:
    """A Store, for several threads; every answer is of the history as it is at that moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._finder: Finder = store if isinstance(store, Finder) else WholeHistory(store)
        self._path = store.path if isinstance(store, JsonFile) else None
        self._following = threading.Lock()
        self._folder: Path | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._seen = Seen(None)
        self.progress: float | None = None  # of an index that is being built, from 0 to 1

    @property
    def place(self) -> str:
        return self._store.place

    def follow(self, report: Callable[[int, int], None] = lambda _read, _all: None) -> IndexReader | None:
        """Bring the index up to date; None where this history can have none, or it cannot be written."""
        history = self._path and real_path(self._path)  # a link may lead elsewhere by now
        if history is None or not history.is_file():
            return None

        def note(read: int, of: int) -> None:
            self.progress = read / of
            report(read, of)

        with self._following:
            try:
                return self._current(history, note)
            except (OtherLayout, OSError):
                return None
            except HistoryError as error:
                raise HistoryError(f"history {self.place}: {error}") from None
            finally:
                self.progress = None

    def state_of_file(self) -> Signature | None:
        """The same as long as the history's file is; None where it is no file."""
        return signature_of(real_path(self._path)) if self._path else None

    def needs_reading(self) -> bool:
        """Whether a long history has to be read from its beginning, which takes seconds."""
        state = self.state_of_file()
        known = self._seen.signatures
        if self._path is None or state is None or state[1] < LONG_BYTES or (known and known[0] == state):
            return False
        folder = self._folder or self._writable_folder()
        self._folder = folder
        try:
            return needs_build(real_path(self._path), folder / index_name(real_path(self._path)))
        except OSError:
            return False  # whoever asks for a run is told why

    def _current(self, history: Path, report: Callable[[int, int], None]) -> IndexReader:
        if self._folder is None or not self._folder.exists():
            self._folder = self._writable_folder()
        reader = IndexReader(history, self._folder / index_name(history))
        signatures = signature_of(history), signature_of(reader.place)
        if None not in signatures and signatures == self._seen.signatures:
            return reader
        if not (reader.place.exists() and _is_current(reader)):
            follow(history, reader.place, report)
        # What was half-written may be whole by now, which no signature need tell.
        if _is_current(reader):
            signatures = signature_of(history), signature_of(reader.place)
            self._seen = Seen(signatures, len(reader), None, self._seen.runs_after_appends(reader))
        else:
            self._seen = Seen(None)
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

    def find(
        self, wanted: Filter = EVERYTHING, order: SortOrder = IN_ORDER, page: Page = FIRST_PAGE
    ) -> FoundRuns:
        notes = self.notes() if wanted.tag is not None else {}
        return self._answer(
            lambda index: index.find(wanted, order, page, notes),
            lambda: self._store.find(wanted, order, page),
        )

    def heads(self) -> Sequence[RunHead]:
        return self._answer(lambda index: index.heads(), self._store.heads)

    def latest_heads(self) -> Sequence[RunHead]:
        """Enough of the heads to choose each model's latest good run by; quick for any number of runs."""
        self.follow()
        seen = self._seen
        latest = seen.latest
        if latest is None:
            latest = self._answer(lambda index: index.latest_heads(), self._finder.latest_heads)
            seen.latest = latest if seen.signatures else None
        return latest

    def heads_of(self, model: str) -> Sequence[RunHead]:
        """Of all runs of a model."""
        return self._answer(lambda index: index.heads_of(model), lambda: self._finder.heads_of(model))

    def counts(self) -> list[ModelCount]:
        """How often each model was run, by its name."""
        return self._answer(lambda index: index.counts(), self._finder.counts)

    def values_of(self, column: str) -> list[str]:
        """The values there are of a fact in COLUMNS that is a text, such as all quantizations."""
        return self._answer(lambda index: index.values_of(column), lambda: self._finder.values_of(column))

    def get(self, run_id: str) -> Run:
        self.follow()
        seen = self._seen
        if run_id not in seen.runs:
            run = self._answer(lambda index: index.get(run_id), lambda: self._store.get(run_id))
            if seen.signatures and len(seen.runs) < MOST_KEPT:
                seen.runs[run_id] = run
            return run
        return seen.runs[run_id]

    def runs(self) -> list[Run]:
        return self._store.runs()

    def waiting(self) -> Sequence[Run]:
        return self._store.waiting()

    def check(self, *, may_wait: bool = True) -> None:
        self._store.check(may_wait=may_wait)

    def append(self, run: Run) -> None:
        self._store.append(run)

    def extend(self, runs: Sequence[tuple[Run, RunFiles]]) -> int:
        return self._store.extend(runs)

    def files(self, run: Run, *, logs: bool = False) -> RunFiles:
        return self._store.files(run, logs=logs)

    def put_files(self, run: Run, files: RunFiles) -> int:
        return self._store.put_files(run, files)

    def problems(self) -> Iterator[str]:
        return self._store.problems()

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


class WholeHistory:
    """A Finder for a store that is none: from all heads or runs, each time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def latest_heads(self) -> Sequence[RunHead]:
        return self._store.heads()

    def heads_of(self, model: str) -> list[RunHead]:
        return [head for head in self._store.heads() if head.model == model]

    def counts(self) -> list[ModelCount]:
        by_model: dict[str, list[RunHead]] = defaultdict(list)
        for head in self._store.heads():
            by_model[head.model].append(head)
        return [
            ModelCount(
                model,
                len(of_model),
                sum(not head.ok for head in of_model),
                max(moment(head.timestamp) for head in of_model).timestamp(),
            )
            for model, of_model in sorted(by_model.items())
        ]

    def values_of(self, column: str) -> list[str]:
        value = COLUMNS[column].value
        return sorted({str(known) for run in self._store.runs() if (known := value(run)) is not None})


def _is_current(reader: IndexReader) -> bool:
    try:
        return reader.is_current()
    except OSError:
        return False
