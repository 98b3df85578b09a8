"""One connection to a database, opened when it is needed and again when it was lost.

psycopg is imported here and in what only this imports: a history in a file needs none.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from benchkit.errors import HistoryError, MissingDependency, StoreUnavailable, UsageError
from benchkit.pip_commands import install_extra
from benchkit.telling.history.postgresql.address import check_address, check_ports
from benchkit.telling.history.postgresql.schema import prepare
from benchkit.telling.history.postgresql.silence import SilenceWatch

if TYPE_CHECKING:
    from psycopg import Connection

T = TypeVar("T")

PATIENCE = {
    "connect_timeout": "10",
    "tcp_user_timeout": "30000",  # ms without an acknowledgement: then the other side is gone
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
"""How long a server may be silent, where neither the URL nor the environment says otherwise."""

WAIT_FOR_LOCKS = "SET lock_timeout = '30s'"
PASSING = frozenset({"25", "40", "42501", "53", "55", "57", "58"})
"""SQLSTATE classes and codes of a database that takes nothing for now: read-only, full, busy, shut down."""

NEXT_STEPS = {
    "no password supplied": "put PGPASSWORD=… into .env, or a line into ~/.pgpass",
    "permission denied for schema": "its owner can make the tables: createdb --owner USER DATABASE",
}
"""What to do about what a server says; of much else its own words tell enough."""

_links: dict[tuple[str, int], Link] = {}


def link_to(url: str) -> Link:
    """This process's link to this database."""
    return _links.setdefault((url, os.getpid()), Link(url))


class Link:
    """A connection, for several threads: one at a time."""

    def __init__(self, url: str) -> None:
        check_address(url)
        self._url = url
        self._connection: Connection[Any] | None = None
        self._lock = threading.RLock()
        self._watch: SilenceWatch | None = None

    def work(self, what: Callable[[Connection[Any]], T]) -> T:
        """Do it over the connection; once more over a new one where the old one was lost, so it must be
        something that may be done twice. Every error is a HistoryError that names the database."""
        import_psycopg()
        import psycopg

        with self._lock, self._watched():
            was_open = self._connection is not None and not self._connection.closed
            try:
                try:
                    return what(self._open())
                except psycopg.OperationalError:
                    if not (was_open and self._connection is not None and self._connection.closed):
                        raise
                    return what(self._open())
            except psycopg.Error as error:
                raise self._explained(error) from error

    def _open(self) -> Connection[Any]:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict, make_conninfo

        if self._connection is None or self._connection.closed:
            try:
                given = conninfo_to_dict(self._url)
            except psycopg.ProgrammingError as error:  # such as a parameter that there is not
                raise UsageError(f"history {self._url}: {' '.join(str(error).split())}") from None
            check_ports(self._url, str(given.get("port") or ""))
            where = make_conninfo(self._url, **{name: n for name, n in PATIENCE.items() if name not in given})
            if self._watch is None:
                self._watch = SilenceWatch(where)
            # Between us and the server may be a pooler, which knows no prepared statements.
            connection = psycopg.connect(where, autocommit=True, prepare_threshold=None)
            try:
                connection.execute(WAIT_FOR_LOCKS)
                prepare(connection)
            except HistoryError as error:
                connection.close()
                raise HistoryError(f"history {self._url}: {error}") from None
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            self._watch.connection = connection
        return self._connection

    @contextmanager
    def _watched(self) -> Iterator[None]:
        if self._watch is None:  # nothing is open yet, and to open it has a limit of its own
            yield
            return
        self._watch.asked_at = time.monotonic()
        try:
            yield
        finally:
            self._watch.asked_at = None

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _explained(self, error: Any) -> HistoryError:
        said = " ".join(str(error).partition("\nLINE ")[0].split()) or type(error).__name__
        state = getattr(error, "sqlstate", None) or ""
        steps = "".join(f": {step}" for words, step in NEXT_STEPS.items() if words in said)
        kind = StoreUnavailable if not state or {state, state[:2]} & PASSING else HistoryError
        return kind(f"history {self._url}: {said}{steps}")


def import_psycopg() -> None:
    """MissingDependency where it is not installed."""
    try:
        import psycopg  # noqa: F401 — only to see whether it is there
    except ImportError as error:
        why = "psycopg" if error.name == "psycopg" else f"psycopg (it cannot be loaded: {error})"
        raise MissingDependency(why, install_extra("postgres")) from None
