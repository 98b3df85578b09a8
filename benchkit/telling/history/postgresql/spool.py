"""What this box keeps for a database: records that wait until it takes them, and the files of its batches.

A record that waits is a run of a history in a file, so that a person can read it; one that waits with a lease
carries it. Sending is idempotent: a record goes from the file once the database has it, and a crash between
the two sends it once more, which changes nothing there. One that the database refuses, since another attempt
at its group is the present one or another run has its id, is kept beside them and never sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchkit.errors import HistoryError, StoreUnavailable
from benchkit.files import PRIVATE_FILE, PRIVATE_FOLDER, atomic_write, locked, state_folder
from benchkit.records import Run
from benchkit.telling.history.json_file.file import JsonFile
from benchkit.telling.history.leases import Kept, Lease

LEASE = "waits_with_lease"
"""The name in a waiting record that holds its lease."""

Send = Callable[[Run, Lease | None], Kept]


class Spool:
    """One database's records on this box."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.folder = (
            state_folder() / "stores" / sha256(url.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        )
        self.path = self.folder / "waiting.json"
        self.refused = self.folder / "refused.json"

    def make_folder(self) -> Path:
        """The folder, readable by its owner alone, with the database's name in it."""
        if not self._name.exists():
            self.folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
            atomic_write(self._name, f"{self._url}\n", new_mode=PRIVATE_FILE)
        return self.folder

    @property
    def _name(self) -> Path:
        return self.folder / "database"

    def was_reached(self) -> bool:
        """Whether this box has ever worked with the database, so that its name is no typing error."""
        return (self.folder / "reached").exists()

    def note_reached(self) -> None:
        """Remember that; a place where nothing can be kept is not told about here."""
        if not self.was_reached():
            with suppress(OSError):
                (self.make_folder() / "reached").touch(PRIVATE_FILE)

    def put(self, run: Run, lease: Lease | None) -> None:
        """Keep it, durably; where that fails the error says where the record was put instead."""
        with suppress(OSError):  # appending says it, and where the record is
            self.make_folder()
        further = {**run.further, **({LEASE: asdict(lease)} if lease else {})}
        JsonFile(self.path).append(replace(run, further=further))

    def set_aside(self, run: Run) -> Path:
        """Keep what the database refused, and send it never again; returns where."""
        JsonFile(self.refused).append(run)
        return self.refused

    def runs(self) -> list[Run]:
        """What waits, without leases."""
        return [run for run, _ in self._waiting()]

    def send(self, send: Send) -> None:
        """Send what waits, the oldest first; StoreUnavailable as soon as that is how it is.

        A record that alone is not taken stays, and does not keep the others. While another process sends,
        nothing is done here.
        """
        if not self.path.exists():
            return
        with suppress(TimeoutError), locked(self.folder / "sending", 0.0):
            for run, lease in self._waiting():
                try:
                    kept = send(run, lease)
                except StoreUnavailable:
                    raise
                except HistoryError:
                    continue
                if kept is Kept.REFUSED:
                    self.set_aside(run)
                JsonFile(self.path).delete(run.id)
            if not JsonFile(self.path).heads():
                self.path.unlink(missing_ok=True)

    def _waiting(self) -> list[tuple[Run, Lease | None]]:
        if not self.path.exists():
            return []
        return [_taken_apart(run) for run in JsonFile(self.path).runs()]


def all_spools() -> dict[str, int]:
    """How many records wait on this box, by database; those alone for which some do."""
    spools = {}
    for name in sorted((state_folder() / "stores").glob("*/database")):
        url = name.read_text(encoding="utf-8", errors="surrogateescape").strip()
        if waiting := len(Spool(url).runs()):
            spools[url] = waiting
    return spools


def _taken_apart(run: Run) -> tuple[Run, Lease | None]:
    held: Any = run.further.get(LEASE)
    further = {name: value for name, value in run.further.items() if name != LEASE}
    return replace(run, further=further), Lease(**held) if isinstance(held, dict) else None
