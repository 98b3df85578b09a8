"""The store that is a JSON file, with what belongs to it beside it."""

from __future__ import annotations

import gc
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from benchkit.contract import RunFile
from benchkit.errors import HistoryError
from benchkit.files import PRIVATE_FILE, atomic_write, locked, make_private_folder, real_path
from benchkit.records import Run
from benchkit.telling.history import notes
from benchkit.telling.history.artifacts import RunFiles, artifact_rows, files_in
from benchkit.telling.history.finding import (
    EVERYTHING,
    FIRST_PAGE,
    IN_ORDER,
    Filter,
    FoundRuns,
    Page,
    SortOrder,
    find_among,
)
from benchkit.telling.history.heads import RunHead
from benchkit.telling.history.json_file import appending, deleting
from benchkit.telling.history.json_file.content import (
    Content,
    Signature,
    read_content,
    refuse_what_is_no_file,
    signature_of,
)
from benchkit.telling.history.notes import Note
from benchkit.telling.history.record import to_record
from benchkit.telling.history.sealed import open_below

if TYPE_CHECKING:
    from benchkit.telling.history.index.reader import IndexReader

T = TypeVar("T")
WORTH_AN_INDEX_BYTES = 4_000_000  # a shorter history is read as quickly as SQLite is loaded


class JsonFile:
    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self.path = Path(self.place.removeprefix("file://"))
        self._last: tuple[Signature | None, Content] | None = None
        self._indexed: tuple[Signature | None, IndexReader | None] = (None, None)

    def check(self, *, may_wait: bool = True) -> None:
        """It can be read, and an append could write it and its lock and journal beside it."""
        del may_wait  # a file takes a run at once or never
        with _named(self.path), _no_garbage_collection():
            refuse_what_is_no_file(self.path)
            if self.path.exists() and not os.access(self.path, os.W_OK):
                raise HistoryError("it may not be written: name another with --history")
            _refuse_where_nothing_can_be_written(self.path.absolute().parent)
            _ = self._content().heads

    def append(self, run: Run) -> None:
        """Add one run; when this returns it is on the disk."""
        record = to_record(run)
        try:
            with _named(self.path):
                refuse_what_is_no_file(self.path)
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with locked(self.path) as target:
                    appending.append_record(target, record)
        except HistoryError as error:
            raise _with_record_put_aside(error, self.path, run) from error

    def extend(self, runs: Sequence[tuple[Run, RunFiles]]) -> int:
        """Their files first: a run that is there has all of them."""
        with _named(self.path):
            refuse_what_is_no_file(self.path)
            looked_at = signature_of(self.path)
            known = {head.id for head in self.heads()}
            new = [(run, files) for run, files in runs if run.id not in known]
            for run, files in new:
                self.put_files(run, files)
            if not new:
                return 0
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.path) as target:
                if signature_of(target) != looked_at:  # another process was quicker
                    known = {head.id for head in Content(appending.read_bytes(target)).heads}
                records = [to_record(self._with_folder(*one)) for one in new if one[0].id not in known]
                if records:
                    appending.append_records(target, records)
        return len(records)

    def _with_folder(self, run: Run, files: RunFiles) -> Run:
        return replace(run, artifacts=str(self._folder_for(run))) if files.names else run

    def _folder_for(self, run: Run) -> Path:
        return self.path.absolute().parent / "runs" / run.id

    def heads(self) -> Sequence[RunHead]:
        with _named(self.path), _no_garbage_collection():
            return self._answer(lambda index: index.heads(), lambda: self._content().heads)

    def get(self, run_id: str) -> Run:
        with _named(self.path), _no_garbage_collection():
            return self._answer(lambda index: index.get(run_id), lambda: self._content().run(run_id))

    def runs(self) -> list[Run]:
        with _named(self.path), _no_garbage_collection():
            return self._content().runs

    def waiting(self) -> Sequence[Run]:
        return ()

    def find(
        self, wanted: Filter = EVERYTHING, order: SortOrder = IN_ORDER, page: Page = FIRST_PAGE
    ) -> FoundRuns:
        with _named(self.path), _no_garbage_collection():
            if (wanted, order, page) == (EVERYTHING, IN_ORDER, FIRST_PAGE):
                listed = self._answer(lambda index: index.listed(), lambda: self._content().summaries)
                return FoundRuns(listed, len(listed))
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
        for folder in self._folders(run):
            with suppress(OSError, ValueError):  # ValueError: no path at all
                return open_below(folder, name)
        raise FileNotFoundError(name)

    def _folders(self, run: Run) -> list[Path]:
        """Where the run's files may lie."""
        if not isinstance(run.artifacts, str) or not run.artifacts:
            return []
        near = self.path.parent
        return [Path(run.artifacts), near / run.artifacts, near / "runs" / run.id]

    def files(self, run: Run, *, logs: bool = False) -> RunFiles:
        with suppress(OSError, ValueError):
            return files_in(next((one for one in self._folders(run) if one.is_dir()), None), logs=logs)
        return RunFiles()

    def put_files(self, run: Run, files: RunFiles) -> int:
        """Into runs/<id> beside the history."""
        put = 0
        for name in files.names:
            path = self._folder_for(run) / name
            if not path.exists():
                make_private_folder(path.parent)
                with suppress(FileNotFoundError), files.open(name) as file:
                    atomic_write(path, file.read(), new_mode=PRIVATE_FILE)
                    put += 1
        return put

    def problems(self) -> Iterator[str]:
        for run_id, often in Counter(head.id for head in self.heads()).items():
            if often > 1:
                yield f"run {run_id}: it is there {often} times, of which only the last is shown"
        for run in self.runs():
            if not isinstance(run.artifacts, str | None):
                yield f"run {run.id}: the name of its folder is no text"

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
        signature = signature_of(self.path)
        if signature is None or signature[1] < WORTH_AN_INDEX_BYTES:
            return None
        if self._indexed[0] != signature:
            from benchkit.telling.history.index.reader import current_index

            self._indexed = signature, current_index(real_path(self.path))
        return self._indexed[1]

    def _content(self) -> Content:
        """The file as it is now; read again only when it was changed since."""
        if self._last is None or self._last[0] is None or self._last[0] != signature_of(self.path):
            self._last = read_content(self.path)
        return self._last[1]


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


def _refuse_where_nothing_can_be_written(folder: Path) -> None:
    """Found out by writing: what a file system refuses to everybody, it hides from whoever may do all."""
    from tempfile import TemporaryFile  # takes a while to load

    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir():
        raise HistoryError(f"{there} is no folder: name another place with --history")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = f"{there} may not be written ({error.strerror})"
        raise HistoryError(f"{why}: name another place with --history") from None


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
