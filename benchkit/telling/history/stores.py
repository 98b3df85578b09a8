"""The makes of history stores there are, by the scheme of their URL. Each is loaded when it is needed."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from benchkit.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from benchkit.telling.history.base import Store

FILE = "file"
CSV = "csv"  # it can only be read
STORES = {
    FILE: "benchkit.telling.history.json_file.file:JsonFile",
    "postgresql": "benchkit.telling.history.postgresql.store:PostgresStore",
    "postgres": "benchkit.telling.history.postgresql.store:PostgresStore",
    CSV: "benchkit.telling.history.csv_file:CsvFile",
}
"""Scheme -> module:Class, which takes the path or URL."""


def open_store(place: str | Path) -> Store:
    """The store that a path or a URL names; nothing is read or made yet."""
    module, _, name = STORES[scheme_of(place)].partition(":")
    store: Store = getattr(import_module(module), name)(place)
    return store


def scheme_of(place: str | Path) -> str:
    """The make: a path without a scheme is a file; an unknown scheme is refused with the known ones."""
    named, colon, _ = str(place).partition(":")
    if colon and named in STORES and not str(place).startswith(f"{named}://"):
        raise UsageError(f"{place}: an address of a history begins with {named}://")
    scheme, separator, _ = str(place).partition("://")
    if not separator or "/" in scheme:
        return FILE
    if scheme not in STORES:
        raise UnknownName("history store", f"{scheme}://", (f"{known}://" for known in STORES))
    return scheme
