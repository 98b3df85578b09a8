"""How far a history file is in its index."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from benchkit.files import real_path
from benchkit.telling.history.json_file import journal
from benchkit.telling.history.json_file.content import Signature


@dataclass(frozen=True)
class Cursor:
    """Up to where the file's runs are in the index, and what the file was then."""

    inode: int
    end: int  # behind the last run's line
    checksum: int  # of the page before `end`, which an append leaves alone
    runs: int
    size: int
    mtime_ns: int
    whole: bool  # nothing half-written stood behind `end`

    @property
    def signature(self) -> Signature:
        return self.inode, self.size, self.mtime_ns

    def fits(self, file: int) -> bool:
        """Whether this is the file of then, grown by nothing but appends."""
        status = os.fstat(file)
        grown = status.st_ino == self.inode and status.st_size >= self.size
        same_size_but_changed = status.st_size == self.size and self.whole
        return grown and not same_size_but_changed and page_sum(file, self.end) == self.checksum


def page_sum(file: int, end: int) -> int:
    start = max(0, end - journal.PAGE)
    return crc32(os.pread(file, end - start, start))


def has_unfinished_append(history: Path) -> bool:
    """Whether an append is under way or was cut short: the file alone is then not all of the history."""
    return journal.place(real_path(history)).exists()
