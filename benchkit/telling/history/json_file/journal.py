"""The journal of one append: enough to finish it after a crash, however little of it reached the disk.

It holds the tail of the history as it will be, from the page before the first changed one: a disk that loses
its power while it writes a sector may spoil that sector's old bytes and its neighbours'. The journal is on
the disk before the history is touched, and goes when the history is.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

from benchkit.files import PRIVATE_FILE, Disk, opened, read_all, sync_folder, write_all

PAGE = 4096


@dataclass(frozen=True)
class Journal:
    """One append: the history's bytes from `start` on, after it."""

    start: int
    tail: bytes  # everything from `start` to the new end
    new_from: int  # where the new bytes begin
    size_before: int
    anchor: int  # checksum of the page before `start`, which the append leaves alone

    @property
    def size_after(self) -> int:
        return self.start + len(self.tail)

    @property
    def added(self) -> bytes:
        return self.tail[self.new_from - self.start :]

    def fits(self, size: int, page_before: bytes) -> bool:
        """Whether a history of this size is the one the append was for, not one edited or replaced since."""
        return self.size_before <= size <= self.size_after and crc32(page_before) == self.anchor


def plan(fd: int, size: int, new_from: int, added: bytes, disk: Disk) -> Journal:
    """The journal of overwriting an open history's end with `added`."""
    start = max(0, new_from // PAGE * PAGE - PAGE)
    kept = disk.pread(fd, new_from - start, start)
    return Journal(start, kept + added, new_from, size, crc32(page_before(fd, start, disk)))


def widened(fd: int, journal: Journal, disk: Disk) -> Journal:
    """The same append from one page further back, which redoing it may spoil when the power goes again."""
    before = page_before(fd, journal.start, disk)
    start = journal.start - len(before)
    return replace(
        journal, start=start, tail=before + journal.tail, anchor=crc32(page_before(fd, start, disk))
    )


def page_before(fd: int, start: int, disk: Disk) -> bytes:
    return disk.pread(fd, min(start, PAGE), max(0, start - PAGE))


def place(history: Path) -> Path:
    return history.with_name(f".{history.name}.journal")


def write(history: Path, journal: Journal, disk: Disk) -> None:
    """Put the journal on the disk, in the place of an older one."""
    header = json.dumps({name: value for name, value in vars(journal).items() if name != "tail"})
    content = header.encode() + b"\n" + journal.tail
    data = _checksum(content) + b"\n" + content
    draft = place(history).with_suffix(".tmp")
    try:
        with opened(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, disk, PRIVATE_FILE) as fd:
            write_all(fd, data, 0, disk)
            disk.fsync(fd)
    except OSError:
        with suppress(OSError):
            disk.unlink(draft)
        raise
    disk.replace(draft, place(history))
    sync_folder(history.parent, disk)


def read(history: Path, disk: Disk) -> Journal | None:
    """The journal of an append that did not end; None when there is none, or not all of it is there."""
    try:
        checksum, _, content = read_all(place(history), disk).partition(b"\n")
    except FileNotFoundError:
        return None
    if _checksum(content) != checksum:
        return None
    header, _, tail = content.partition(b"\n")
    return Journal(tail=tail, **json.loads(header))


def _checksum(content: bytes) -> bytes:
    from hashlib import sha256  # takes a while to load, and reading a history needs it only after a crash

    return sha256(content).hexdigest().encode()


def drop(history: Path, disk: Disk) -> None:
    with suppress(FileNotFoundError):
        disk.unlink(place(history))
