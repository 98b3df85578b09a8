"""One run more in the file, durably, at a cost that does not grow with it.

The end of the file is overwritten in place. Its space is reserved first (as blanks, which JSON allows there),
so that a full disk is noticed before a byte changes; a journal on the disk makes the overwriting safe. A
history not laid out by `document.render` is read as a whole and written anew, once. A failed fsync stops
everything and is not repeated: the kernel has by then forgotten what it could not write. The caller holds
the lock.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchkit.files import PRIVATE_FILE, Disk, atomic_write, locked, opened, read_all, real_path, write_all
from benchkit.telling.history.json_file import document, journal
from benchkit.telling.history.json_file.document import LONGEST_HEAD, TAIL, Document
from benchkit.telling.history.json_file.journal import PAGE, Journal
from benchkit.telling.history.record import as_line


def append_record(history: Path, record: Mapping[str, Any], disk: Disk = os) -> None:
    """Add the record; when this returns it is on the disk."""
    append_records(history, [record], disk)


def append_records(history: Path, records: Sequence[Mapping[str, Any]], disk: Disk = os) -> None:
    """Add the records, all or none; when this returns they are on the disk."""
    recover(history, disk)
    try:
        with opened(history, os.O_RDWR, disk) as fd:
            if _is_ours(fd, disk):
                return _append_in_place(history, fd, b",\n".join(map(as_line, records)), disk)
    except FileNotFoundError:
        pass
    return _rewrite(history, records, disk)


@contextmanager
def unchanging(history: Path) -> Iterator[Path]:
    """The real path of a history to which nobody appends meanwhile.

    A folder that takes no lock file, as a read-only one, is read as it is.
    """
    with ExitStack() as stack:
        try:
            target = stack.enter_context(locked(history, shared=True))
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            target = real_path(history)
        yield target


def read_bytes(history: Path, disk: Disk = os) -> bytes:
    """The file's content as it is once an append that did not end is finished; changes nothing."""
    data = _content(history, disk)
    unfinished = journal.read(history, disk)
    if unfinished and unfinished.fits(len(data), data[max(0, unfinished.start - PAGE) : unfinished.start]):
        return data[: unfinished.start] + unfinished.tail
    return data


def recover(history: Path, disk: Disk = os) -> None:
    """Finish an append that a crash cut short."""
    unfinished = journal.read(history, disk)
    if unfinished and not _redo(history, unfinished, disk):
        _rewrite(history, _records_in(unfinished), disk)
    journal.drop(history, disk)


def _append_in_place(history: Path, fd: int, line: bytes, disk: Disk) -> None:
    size = disk.lseek(fd, 0, os.SEEK_END)
    planned = journal.plan(fd, size, size - len(TAIL), b",\n" + line + TAIL, disk)
    journal.write(history, planned, disk)
    _reserve(history, fd, planned, disk)
    write_all(fd, planned.added, planned.new_from, disk)
    disk.fsync(fd)
    journal.drop(history, disk)


def _reserve(history: Path, fd: int, planned: Journal, disk: Disk) -> None:
    try:
        write_all(fd, b" " * (planned.size_after - planned.size_before), planned.size_before, disk)
    except OSError:
        disk.ftruncate(fd, planned.size_before)
        journal.drop(history, disk)
        raise


def _redo(history: Path, unfinished: Journal, disk: Disk) -> bool:
    """Write the whole tail again; False when the history is no longer the one it belongs to."""
    try:
        with opened(history, os.O_RDWR, disk) as fd:
            size = disk.lseek(fd, 0, os.SEEK_END)
            if not unfinished.fits(size, journal.page_before(fd, unfinished.start, disk)):
                return False
            journal.write(history, journal.widened(fd, unfinished, disk), disk)
            write_all(fd, unfinished.tail, unfinished.start, disk)
            disk.fsync(fd)
            return True
    except FileNotFoundError:
        return False


def _records_in(unfinished: Journal) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(
        b"[" + unfinished.added.strip(b",\n").removesuffix(TAIL.strip()) + b"]"
    )
    return records


def _rewrite(history: Path, added: Sequence[Mapping[str, Any]], disk: Disk) -> None:
    """Lay the history out anew with these records at its end, those it holds already left out."""
    with_all = document.parse(_content(history, disk))
    known = {record.get("id") for record in with_all.records if isinstance(record, dict)}
    new = [dict(record) for record in added if record.get("id") not in known]
    atomic_write(
        history, document.render(Document([*with_all.records, *new], with_all.beside)), disk, PRIVATE_FILE
    )


def _content(history: Path, disk: Disk) -> bytes:
    try:
        return read_all(history, disk)
    except FileNotFoundError:
        return b""


def _is_ours(fd: int, disk: Disk) -> bool:
    """Whether the file begins and ends as we write it, its last line a run; the middle is not looked at."""
    size = disk.lseek(fd, 0, os.SEEK_END)
    head, newline, _ = disk.pread(fd, LONGEST_HEAD, 0).partition(b"\n")
    if not newline or not document.is_head(head):
        return False
    return disk.pread(fd, len(TAIL), size - len(TAIL)) == TAIL and document.is_run(_last_line(fd, size, disk))


def _last_line(fd: int, size: int, disk: Disk) -> bytes:
    end, length = size - len(TAIL), PAGE
    while length <= end:
        _, newline, line = disk.pread(fd, length, end - length).rpartition(b"\n")
        if newline:
            return line
        length *= 4
    return disk.pread(fd, end, 0).rpartition(b"\n")[2]
