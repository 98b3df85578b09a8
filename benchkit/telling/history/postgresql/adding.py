"""One run more, alone or for the present attempt at its group; with it the small files that it left here."""

from __future__ import annotations

import platform
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchkit.records import Run
from benchkit.telling.history.artifacts import names_in
from benchkit.telling.history.leases import Kept, Lease
from benchkit.telling.history.postgresql.attempt_files import put_files
from benchkit.telling.history.postgresql.queries import ADD, ADD_IF_CURRENT
from benchkit.telling.history.postgresql.rows import row_of
from benchkit.telling.history.sealed import open_below

if TYPE_CHECKING:
    from psycopg import Connection


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
    """Adds it and its files, both or neither; a run that is there already changes nothing."""
    with connection.transaction():
        added, recorded = _add_row(connection, run, lease)
        folder = folder_of(run) if added else None
        if folder is not None:
            put_files(connection, run.id, names_in(folder), partial(open_below, folder))
    return Kept.RECORDED if recorded else Kept.REFUSED


def _add_row(connection: Connection[Any], run: Run, lease: Lease | None) -> tuple[bool, bool]:
    """Whether it was added now, and whether it is recorded as it should be."""
    row = row_of(run)
    if lease is None:
        values = {"box": platform.node(), "lease_group": None, "attempt": None, **row}
        return connection.execute(ADD, values).fetchone() is not None, True
    values = {"box": lease.box, "lease_group": lease.group, "attempt": lease.attempt, **row}
    added, before = connection.execute(ADD_IF_CURRENT, values).fetchone() or (False, False)
    return added, added or before
