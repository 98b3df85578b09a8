"""One run more, alone or for the present attempt at its group; with it the small files that it left here."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchkit.records import Run
from benchkit.telling.history.artifacts import RunFiles, files_in
from benchkit.telling.history.leases import Kept, Lease
from benchkit.telling.history.postgresql.attempt_files import put_files
from benchkit.telling.history.postgresql.queries import ADD, ADD_IF_CURRENT, SAYS_THE_SAME
from benchkit.telling.history.postgresql.rows import row_of

if TYPE_CHECKING:
    from psycopg import Connection

NO_LEASE = {"lease_group": None, "attempt": None}


def placed(run: Run) -> Run:
    """The run with the whole path of its folder, which is told to those who look from elsewhere."""
    folder = folder_of(run)
    return run if folder is None else replace(run, artifacts=str(folder.absolute()))


def folder_of(run: Run) -> Path | None:
    """Its folder, where it lies on this box."""
    folder = Path(run.artifacts) if isinstance(run.artifacts, str) and run.artifacts else None
    try:
        return folder if folder is not None and folder.is_dir() else None
    except (OSError, ValueError):  # no path at all
        return None


def add(connection: Connection[Any], run: Run, lease: Lease | None) -> Kept:
    """Adds it and its files, both or neither; once more changes nothing. Another run under its id stays."""
    with connection.transaction():
        added, recorded = _add_row(connection, run, lease)
        if added:
            put_files(connection, run, files_in(folder_of(run)))
    return Kept.RECORDED if recorded else Kept.REFUSED


def extend(connection: Connection[Any], runs: Sequence[tuple[Run, RunFiles]]) -> int:
    """Adds those that are not there, each with its files: all of these or none; returns how many."""
    rows = [{**NO_LEASE, "box": _box_of(run), **row_of(run)} for run, _ in runs]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(ADD, rows)
        added: int = cursor.rowcount
        for run, files in runs:
            if files.names:
                put_files(connection, run, files)
    return added


def _box_of(run: Run) -> str:
    """Where its folder lies: here, or on a box that nobody remembers."""
    return platform.node() if folder_of(run) else ""


def _add_row(connection: Connection[Any], run: Run, lease: Lease | None) -> tuple[bool, bool]:
    """Whether it was added now, and whether it is recorded as it should be."""
    row = row_of(run)
    if lease is None:
        values = {**NO_LEASE, "box": platform.node(), **row}
        added = connection.execute(ADD, values).fetchone() is not None
        return added, added or connection.execute(SAYS_THE_SAME, row).fetchone() == (True,)
    values = {"box": lease.box, "lease_group": lease.group, "attempt": lease.attempt, **row}
    added, before = connection.execute(ADD_IF_CURRENT, values).fetchone() or (False, False)
    return added, added or before
