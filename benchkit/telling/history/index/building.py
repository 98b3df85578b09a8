"""Following a history file: what was appended goes into its index; else the index is made anew beside it."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from benchkit.errors import HistoryError
from benchkit.files import locked
from benchkit.telling.history.index.cursor import Cursor, page_sum
from benchkit.telling.history.index.database import (
    UselessIndex,
    connected,
    created,
    insert_runs,
    read_cursor,
    replace_index,
    row_of,
    write_cursor,
)
from benchkit.telling.history.index.lines import LineReader, end_of_head
from benchkit.telling.history.json_file.appending import unchanging
from benchkit.telling.history.json_file.content import Signature, signature_in
from benchkit.telling.history.record import from_record

Report = Callable[[int, int], None]
"""Told the bytes that are read and those there are."""

AT_ONCE = 500  # runs: read, inserted and reported together
FORGOTTEN_S = 60 * 86400.0  # an index that was not written for so long
BUILD_WAIT_S = 120.0  # for another process that builds the same index


class OtherLayout(Exception):
    """The file is not laid out one run a line, so there is nothing to index."""


def follow(history: Path, place: Path, report: Report | None = None) -> None:
    """Bring the index at this place up to date with the history; OtherLayout where it can have none.

    An append that is under way hides the run before it. So nobody appends while the end is read; a whole
    history takes too long for that, and what was appended meanwhile is read after it.
    """
    with locked(place, BUILD_WAIT_S), history.open("rb") as file:
        if not _followed_to_the_end(history, file, place):
            _build(file, place, report)
            _followed_to_the_end(history, file, place)


def _followed_to_the_end(history: Path, file: BinaryIO, place: Path) -> bool:
    with unchanging(history):
        return _followed(file, place)


def needs_build(history: Path, place: Path) -> bool:
    """Whether following would have to read the history from its beginning."""
    with history.open("rb") as file:
        if end_of_head(file) is None:
            return False  # it can have no index
        try:
            with connected(place) as connection:
                before = read_cursor(connection)
        except UselessIndex:
            return True
        return _signature(file) != before.signature and not before.fits(file.fileno())


def _followed(file: BinaryIO, place: Path) -> bool:
    """False where the index belongs to what the file was before it was rewritten, or is none."""
    try:
        with connected(place, writing=True) as connection:
            before = read_cursor(connection)
            if _signature(file) == before.signature:
                return True
            if not before.fits(file.fileno()):
                return False
            with connection:
                _read_on(connection, file, before, None)
            return True
    except (UselessIndex, HistoryError):
        return False


def _build(file: BinaryIO, place: Path, report: Report | None) -> None:
    start = end_of_head(file)
    if start is None:
        raise OtherLayout
    _forget_unused(place.parent)
    draft = place.with_name(f".{place.name}.{os.urandom(6).hex()}.tmp")
    try:
        with created(draft) as connection:
            inode = os.fstat(file.fileno()).st_ino
            _read_on(connection, file, Cursor(inode, start, 0, 0, 0, 0, whole=False), report)
        replace_index(place, draft)
    except sqlite3.Error as error:
        raise UselessIndex(f"{draft}: {error}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _forget_unused(folder: Path) -> None:
    """Remove what was not written for long, such as the draft of a process that was killed."""
    for old in (*folder.glob("*.sqlite3"), *folder.glob(".*.tmp")):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > FORGOTTEN_S:
                old.unlink()


def _read_on(connection: sqlite3.Connection, file: BinaryIO, before: Cursor, report: Report | None) -> None:
    inode, size, mtime_ns = _signature(file)
    reader = LineReader(file, before.end)
    rows, end, count = _rows(reader, before.runs), before.end, before.runs
    while part := list(islice(rows, AT_ONCE)):
        insert_runs(connection, part)
        _, offset, length, *_ = part[-1]
        end, count = offset + length, count + len(part)
        if report is not None:
            report(end, size)
    checksum = page_sum(file.fileno(), end)
    # Read while somebody appended, or half-written: the next look has to read on.
    whole = reader.whole and size == os.fstat(file.fileno()).st_size
    write_cursor(connection, Cursor(inode, end, checksum, count, size, mtime_ns, whole))


def _rows(reader: LineReader, position: int) -> Iterator[tuple[Any, ...]]:
    for place, line in enumerate(reader, position):
        try:
            run = from_record(json.loads(line.data), place + 1)
        except (ValueError, RecursionError) as error:
            raise HistoryError(
                f"run {place + 1} is no JSON ({error}): mend it, or move the file away"
            ) from None
        yield row_of(place, line.offset, len(line.data), run)


def _signature(file: BinaryIO) -> Signature:
    return signature_in(os.fstat(file.fileno()))
