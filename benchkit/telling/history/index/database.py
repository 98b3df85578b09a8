"""The SQLite file of an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, fields
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchkit.files import real_path
from benchkit.records import Run
from benchkit.telling.history.finding import CONDITIONS, ORDERS
from benchkit.telling.history.index.cursor import Cursor
from benchkit.telling.history.listing import FACTS

VERSION = 2
"""Of the tables: an index of another version is made anew."""

WAIT_S = 5.0  # for another process that writes

TEXT_PLACE = "CAST(? AS TEXT)"
"""Of a value made by `storable`, in a statement."""

_ALL_COLUMNS = {
    "position": "INTEGER PRIMARY KEY",
    "offset": "INTEGER",
    "length": "INTEGER",
    **{name: column.kind for name, column in FACTS.items()},
}
_PLACES = (TEXT_PLACE if kind == "TEXT" else "?" for kind in _ALL_COLUMNS.values())
_INSERT = f"INSERT INTO runs ({', '.join(_ALL_COLUMNS)}) VALUES ({', '.join(_PLACES)})"
_INDEXED = ("id", "searched", *(column for column in ORDERS.values() if column))
FILTERED = "filtered"
_FILTERED = tuple(dict.fromkeys(column for column, _ in CONDITIONS.values()))
"""Together in one index, which is read much quicker than the runs themselves."""
_LATEST = ("status", "benchmark", "model", "problems", "moment")
_CURSOR_FIELDS = tuple(one.name for one in fields(Cursor))


def index_name(history: Path) -> str:
    """The index's file name: the same for every name of the history."""
    return f"{sha256(str(real_path(history)).encode('utf-8', 'surrogateescape')).hexdigest()[:16]}.sqlite3"


class UselessIndex(OSError):
    """There is none, it is damaged, of another version, or not of the file as it is now."""


@contextmanager
def connected(place: Path, *, writing: bool = False) -> Iterator[sqlite3.Connection]:
    """An index that is there; whatever fails within is a UselessIndex."""
    address = f"file:{quote(str(place))}?mode={'rw' if writing else 'ro'}"
    try:
        with closing(sqlite3.connect(address, WAIT_S, uri=True)) as connection:
            connection.text_factory = _as_text
            if writing:  # it can be made again, so that half the waiting for the disk is enough
                connection.execute("PRAGMA synchronous=NORMAL")
            if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
                raise UselessIndex(f"{place} is of another version")
            yield connection
    except sqlite3.Error as error:
        raise UselessIndex(f"{place}: {error}") from error


def _as_text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogatepass")


@contextmanager
def created(place: Path) -> Iterator[sqlite3.Connection]:
    """A new index that nobody else knows yet: nothing of it needs to be safe before it is complete."""
    place.touch(0o600)
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        declared = ", ".join(f"{name} {kind}" for name, kind in _ALL_COLUMNS.items())
        connection.execute(f"CREATE TABLE runs ({declared})")
        connection.execute(f"CREATE TABLE cursor ({', '.join(_CURSOR_FIELDS)})")
        yield connection
        for column in _INDEXED:
            connection.execute(f"CREATE INDEX by_{column} ON runs ({column})")
        connection.execute(f"CREATE INDEX latest ON runs ({', '.join(_LATEST)})")
        connection.execute(f"CREATE INDEX {FILTERED} ON runs ({', '.join(_FILTERED)})")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("ANALYZE")
        connection.commit()


def insert_runs(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    connection.executemany(_INSERT, rows)


def row_of(position: int, offset: int, length: int, run: Run) -> tuple[Any, ...]:
    return (position, offset, length, *(storable(column.value(run)) for column in FACTS.values()))


def storable(value: str | float | int | None) -> str | float | int | bytes | None:
    """What SQLite takes for no text, such as half a surrogate pair in a file's name, as its bytes."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "surrogatepass")
    return value


def read_cursor(connection: sqlite3.Connection) -> Cursor:
    row = connection.execute(f"SELECT {', '.join(_CURSOR_FIELDS)} FROM cursor").fetchone()
    if row is None:
        raise UselessIndex("an index without a cursor")
    return Cursor(**dict(zip(_CURSOR_FIELDS, row, strict=True)))


def write_cursor(connection: sqlite3.Connection, cursor: Cursor) -> None:
    connection.execute("DELETE FROM cursor")
    values = tuple(asdict(cursor).values())
    connection.execute(f"INSERT INTO cursor VALUES ({', '.join('?' * len(values))})", values)


def replace_index(place: Path, new: Path) -> None:
    """Put a new index in the place of the old one, whose unfinished business must not reach the new one."""
    for old in (place, place.with_name(f"{place.name}-journal")):
        with suppress(FileNotFoundError):
            old.unlink()
    new.replace(place)
