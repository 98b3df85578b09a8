"""The history: one JSON file that people and `jq` can read, one run a line.

`record.py` turns a run into its line and back, `document.py` knows the whole file in every layout, `store.py`
appends in place, `journal.py` makes that safe, `deleting.py` takes one run out. A new field of a run goes
into `benchkit.records.Run` and `record.py`.
"""

from __future__ import annotations

import errno
import gc
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path

from benchkit.errors import HistoryError, UsageError
from benchkit.files import atomic_write, locked, real_path
from benchkit.records import Run
from benchkit.telling.history import document, store
from benchkit.telling.history.record import as_json, from_record, heads_of_lines, to_record

__all__ = ["append", "as_json", "choose", "find", "from_record", "read", "read_heads", "to_record"]


def append(path: Path, run: Run) -> None:
    """Add one run; when this returns it is on the disk. The error tells where an unsaved run was put."""
    record = to_record(run)
    try:
        with _told(path):
            _refuse_what_is_no_file(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            with locked(path):
                store.append_record(real_path(path), record)
    except HistoryError as error:
        raise _with_record_put_aside(error, path, run) from error


def read(path: Path) -> list[Run]:
    """Every run, oldest first; none when there is no such file yet."""
    with _told(path), _no_collecting():
        records = document.parse(_content(path)).records
        return [from_record(record, number) for number, record in enumerate(records, 1)]


def read_heads(path: Path) -> list[Run]:
    """Every run as a list shows it: telemetry, and results up to the failed tasks; no configuration."""
    with _told(path), _no_collecting():
        lines = document.run_lines(_content(path))
        heads = heads_of_lines(lines) if lines else None
    return read(path) if heads is None else heads


def find(path: Path, wanted: str) -> Run:
    """The run of that id, or whose id begins so."""
    return choose(read(path), wanted, path)


def choose(runs: Iterable[Run], wanted: str, path: Path) -> Run:
    """The one of these runs that has this id, or whose id begins so."""
    by_id = {run.id: run for run in runs}
    if wanted in by_id:
        return by_id[wanted]
    fitting = [name for name in by_id if wanted and name.startswith(wanted)]
    if len(fitting) == 1:
        return by_id[fitting[0]]
    if fitting:
        raise UsageError(f"{wanted!r} begins {len(fitting)} runs: {_some(fitting)}; give more of the id")
    near = get_close_matches(wanted, by_id, n=3, cutoff=0.5)
    hint = f"the nearest are {_some(near)}" if near else f"the last are {_some(list(by_id)[-3:])}"
    raise UsageError(f"no run {wanted!r} in {path}: {hint if by_id else 'it holds no runs yet'}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _content(path: Path) -> bytes:
    if not path.exists():
        return b""
    _refuse_what_is_no_file(path)
    try:
        with locked(path, shared=True):
            return store.read_bytes(real_path(path))
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        return store.read_bytes(real_path(path))  # a read-only folder takes no lock file


def _refuse_what_is_no_file(path: Path) -> None:
    """A folder; and a device like /dev/null, which a history would replace, or a pipe, which never ends."""
    if path.is_dir():
        raise HistoryError("it is a folder: name a file with --history")
    if path.exists() and not path.is_file():
        raise HistoryError("it is a device or a pipe: name a file with --history")


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep the garbage collector from walking over runs that all stay: that takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say of every error which file it is about and what to do."""
    try:
        yield
    except HistoryError as error:
        raise HistoryError(f"history {path}: {error}") from None
    except OSError as error:
        raise HistoryError(f"history {path}: {error.strerror or error}") from error


def _with_record_put_aside(error: HistoryError, path: Path, run: Run) -> HistoryError:
    """The same error that also tells where the record is: beside the history, with the run, or elsewhere."""
    text = json.dumps(to_record(run), indent=1) + "\n"
    name = f"{path.stem}.unsaved-{run.id}.json"
    for folder in (path.parent, Path(run.artifacts or path.parent), Path(tempfile.gettempdir())):
        with suppress(OSError):
            atomic_write(folder / name, text)
            return HistoryError(f"{error}; this run's record was put in {folder / name}")
    return HistoryError(f"{error}; this run's record could be put nowhere and follows", log=text)
