"""What a history file held at one moment."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from benchkit.errors import HistoryError
from benchkit.records import Run
from benchkit.telling.history.heads import RunHead, head_of
from benchkit.telling.history.json_file import appending, document
from benchkit.telling.history.record import from_record, heads_of_lines, summaries_of_lines

Signature = tuple[int, int, int]
"""Inode, size and time of the last change: the file is the same as long as they are."""


class Content:
    """What the file held at one moment, parsed no further than somebody asks."""

    def __init__(self, data: bytes) -> None:
        self._lines = document.run_lines(data)
        # Either the whole or its lines are kept: both would take twice the file's size.
        self._data = document.first_line(data) if self._lines else data

    @cached_property
    def heads(self) -> list[RunHead]:
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
        except (ValueError, RecursionError):
            return self.runs[position]  # says which line is broken, and where
        return from_record(record, position + 1)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {head.id: head.position for head in self.heads}


def read_content(path: Path) -> tuple[Signature | None, Content]:
    if not path.exists():
        return None, Content(b"")
    refuse_what_is_no_file(path)
    with appending.unchanging(path) as target:
        return signature_of(path), Content(appending.read_bytes(target))


def signature_of(path: Path) -> Signature | None:
    """Changes with the file: an append makes it longer, all else replaces it by another file."""
    try:
        return signature_in(os.stat(path))  # noqa: PTH116  asked for each run that is read: the quickest way
    except OSError:
        return None


def signature_in(status: os.stat_result) -> Signature:
    return status.st_ino, status.st_size, status.st_mtime_ns


def refuse_what_is_no_file(path: Path) -> None:
    """A folder; and a device like /dev/null, which a history would replace, or a pipe, which never ends."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if S_ISDIR(mode):
        raise HistoryError("it is a folder: name a file with --history")
    if not S_ISREG(mode):
        raise HistoryError("it is a device or a pipe: name a file with --history")
