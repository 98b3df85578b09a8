"""The store that is a JSON file, with what belongs to it beside it."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from benchkit.contract import RunFile
from benchkit.errors import HistoryError
from benchkit.files import atomic_write, locked, real_path
from benchkit.records import Run
from benchkit.telling.history import notes
from benchkit.telling.history.artifacts import artifact_rows
from benchkit.telling.history.finding import (
    EVERYTHING,
    FIRST_PAGE,
    IN_ORDER,
    Filter,
    Found,
    Order,
    Page,
    find_among,
)
from benchkit.telling.history.heads import Head, head_of
from benchkit.telling.history.json_file import appending, deleting, document
from benchkit.telling.history.notes import Note
from benchkit.telling.history.record import from_record, heads_of_lines, summaries_of_lines, to_record
from benchkit.telling.history.sealed import open_below

if TYPE_CHECKING:
    from benchkit.telling.history.index.reader import IndexReader

T = TypeVar("T")
Signature = tuple[int, int, int]
WORTH_AN_INDEX_BYTES = 4_000_000  # a shorter history is read as quickly as SQLite is loaded


class JsonFile:
    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self.path = Path(self.place.removeprefix("file://"))
        self._last: tuple[Signature | None, Content] | None = None
        self._indexed: tuple[Signature | None, IndexReader | None] = (None, None)

    def check(self) -> None:
        """It can be read, and an append could write it and its lock and journal beside it."""
        with _named(self.path), _no_garbage_collection():
            _refuse_what_is_no_file(self.path)
            if self.path.exists() and not os.access(self.path, os.W_OK):
                raise HistoryError("it may not be written: name another with --history")
            folder = next(place for place in self.path.absolute().parents if place.exists())
            if not os.access(folder, os.W_OK | os.X_OK):
                raise HistoryError(f"{folder} may not be written: name another place with --history")
            _ = self._content().heads

    def append(self, run: Run) -> None:
        """Add one run; when this returns it is on the disk."""
        record = to_record(run)
        try:
            with _named(self.path):
                _refuse_what_is_no_file(self.path)
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with locked(self.path) as target:
                    appending.append_record(target, record)
        except HistoryError as error:
            raise _with_record_put_aside(error, self.path, run) from error

    def heads(self) -> Sequence[Head]:
        with _named(self.path), _no_garbage_collection():
            return self._answer(lambda index: index.heads(), lambda: self._content().heads)

    def get(self, run_id: str) -> Run:
        with _named(self.path), _no_garbage_collection():
            return self._answer(lambda index: index.get(run_id), lambda: self._content().run(run_id))

    def runs(self) -> list[Run]:
        with _named(self.path), _no_garbage_collection():
            return self._content().runs

    def find(self, wanted: Filter = EVERYTHING, order: Order = IN_ORDER, page: Page = FIRST_PAGE) -> Found:
        with _named(self.path), _no_garbage_collection():
            if (wanted, order, page) == (EVERYTHING, IN_ORDER, FIRST_PAGE):
                listed = self._answer(lambda index: index.listed(), lambda: self._content().summaries)
                return Found(listed, len(listed))
            notes = self.notes() if wanted.tag else None
            return find_among(self._content().runs, wanted, order, page, notes)

    def delete(self, run_id: str) -> None:
        deleting.delete(self.path, run_id)
        notes.forget(self._notes_file, run_id)

    def notes(self) -> Mapping[str, Note]:
        return notes.read(self._notes_file)

    def annotate(
        self, run_id: str, text: str | None = None, tags: Iterable[str] = (), without: Iterable[str] = ()
    ) -> Note:
        return notes.write(self._notes_file, run_id, text, tags, without)

    def verdicts(self, run: Run) -> Iterator[dict[str, Any]]:
        return artifact_rows(self, run, RunFile.VERDICTS)

    def artifact(self, run: Run, name: str) -> BinaryIO:
        """A file of the run's folder, also where the history was moved together with its runs."""
        near = self.path.parent
        if isinstance(run.artifacts, str) and run.artifacts:
            for folder in (Path(run.artifacts), near / run.artifacts, near / "runs" / run.id):
                with suppress(OSError, ValueError):  # ValueError: no path at all
                    return open_below(folder, name)
        raise FileNotFoundError(name)

    def batch_file(self, kind: str) -> Path:
        return self.path.with_name(f"{self.path.name}.batch.{kind}")

    def summary_file(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.morning.md")

    @property
    def _notes_file(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.notes.json")

    def _answer(self, from_index: Callable[[IndexReader], T], from_content: Callable[[], T]) -> T:
        """From the index that a page keeps, where it is current; what was read already needs none."""
        index = self._index() if self._last is None else None
        try:
            return from_content() if index is None else from_index(index)
        except OSError:
            return from_content()

    def _index(self) -> IndexReader | None:
        signature = _signature(self.path)
        if signature is None or signature[1] < WORTH_AN_INDEX_BYTES:
            return None
        if self._indexed[0] != signature:
            from benchkit.telling.history.index.reader import current_index

            self._indexed = signature, current_index(real_path(self.path))
        return self._indexed[1]

    def _content(self) -> Content:
        """The file as it is now; read again only when it was changed since."""
        if self._last is None or self._last[0] is None or self._last[0] != _signature(self.path):
            self._last = _read(self.path)
        return self._last[1]


class Content:
    """What the file held at one moment, parsed no further than somebody asks."""

    def __init__(self, data: bytes) -> None:
        self._lines = document.run_lines(data)
        # Either the whole or its lines are kept: both would take twice the file's size.
        self._data = document.first_line(data) if self._lines else data

    @cached_property
    def heads(self) -> list[Head]:
        heads = heads_of_lines(self._lines)
        if heads is None:  # another layout, which is read as a whole
            return [head_of(position, run) for position, run in enumerate(self.runs)]
        return heads

    @cached_property
    def summaries(self) -> list[Run]:
        summaries = summaries_of_lines(self._lines) if self._lines else None
        return self.runs if summaries is None else summaries

    @cached_property
    def runs(self) -> list[Run]:
        data = document.join_lines(self._data, self._lines) if self._lines else self._data
        records = document.parse(data).records
        return [from_record(record, number) for number, record in enumerate(records, 1)]

    def run(self, run_id: str) -> Run:
        position = self._positions.get(run_id)
        if position is None:
            raise HistoryError(f"it holds no run {run_id!r}")
        if "runs" in self.__dict__ or not self._lines:
            return self.runs[position]
        try:
            record = json.loads(self._lines[position].rstrip(b","))
        except ValueError:
            return self.runs[position]  # says which line is broken, and where
        return from_record(record, position + 1)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {head.id: head.position for head in self.heads}


def _read(path: Path) -> tuple[Signature | None, Content]:
    if not path.exists():
        return None, Content(b"")
    _refuse_what_is_no_file(path)
    with appending.unchanging(path) as target:
        return _signature(path), Content(appending.read_bytes(target))


def _signature(path: Path) -> Signature | None:
    """Changes with the file: an append makes it longer, all else replaces it by another file."""
    try:
        status = os.stat(path)  # noqa: PTH116  asked for each run that is read: the quickest way
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _refuse_what_is_no_file(path: Path) -> None:
    """A folder; and a device like /dev/null, which a history would replace, or a pipe, which never ends."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if S_ISDIR(mode):
        raise HistoryError("it is a folder: name a file with --history")
    if not S_ISREG(mode):
        raise HistoryError("it is a device or a pipe: name a file with --history")


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep the garbage collector from walking over runs that all stay: that takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say of every error which file it is about and what to do."""
    try:
        yield
    except HistoryError as error:
        raise HistoryError(f"history {path}: {error}") from None
    except OSError as error:
        raise HistoryError(f"history {path}: {error.strerror or error}") from error


def _with_record_put_aside(error: HistoryError, path: Path, run: Run) -> HistoryError:
    """The same error that also names where the record is: beside the history, with the run, or elsewhere."""
    import tempfile  # takes a while to load

    text = json.dumps(to_record(run), indent=1) + "\n"
    name = f"{path.stem}.unsaved-{run.id}.json"
    for folder in (path.parent, Path(run.artifacts or path.parent), Path(tempfile.gettempdir())):
        with suppress(OSError):
            atomic_write(folder / name, text)
            return HistoryError(f"{error}; this run's record was put in {folder / name}")
    return HistoryError(f"{error}; this run's record could be put nowhere and follows", log=text)
