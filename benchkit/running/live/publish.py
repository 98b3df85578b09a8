"""The owner's side: one file while the run lasts, a few lines a second at most."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from benchkit.errors import UsageError
from benchkit.running.live.form import Announcement, Snapshot, announcement_line, snapshot_line
from benchkit.running.live.look import live_folder, remove_stale

NEWS_EVERY_S = 0.25  # when one more problem is done
FIGURES_EVERY_S = 1.0  # when only speed, memory and time have changed


class Publisher:
    """Writes what is going on; that it cannot, such as on a full disk, is never the run's failure."""

    def __init__(self, announcement: Announcement, folder: Path) -> None:
        self._path = folder / f"{announcement.run_id}-{announcement.owner.pid}.jsonl"
        self._file: int | None = None
        self._begins_line = True
        self._last, self._written = Snapshot(), float("-inf")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        with suppress(OSError):
            self._file = os.open(self._path, flags, 0o600)
        self._write(announcement_line(announcement))

    def publish(self, snapshot: Snapshot) -> None:
        """Called often; written as often as an onlooker has something of it."""
        if time.monotonic() - self._written >= self._pause_before(snapshot):
            self._written, self._last = time.monotonic(), snapshot
            self._write(snapshot_line(replace(snapshot, at=round(time.time(), 3))))

    def _pause_before(self, snapshot: Snapshot) -> float:
        if snapshot.state != self._last.state:
            return 0.0
        news = (snapshot.done, snapshot.passed) != (self._last.done, self._last.passed)
        return NEWS_EVERY_S if news else FIGURES_EVERY_S

    def _write(self, line: bytes) -> None:
        if self._file is None:
            return
        whole = line if self._begins_line else b"\n" + line
        written = 0
        with suppress(OSError):
            written = os.write(self._file, whole)
        self._begins_line = written == len(whole) or (not written and self._begins_line)

    def close(self) -> None:
        """Take the file away: those who follow it still read its last line."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


@contextmanager
def publishing(announcement: Announcement) -> Iterator[Publisher]:
    """A publisher for as long as a run lasts; what other runs left behind when they crashed is removed."""
    folder = Path(os.devnull)  # into which no file can be put
    with suppress(OSError, UsageError):
        folder = live_folder()
        remove_stale(folder)
    publisher = Publisher(announcement, folder)
    try:
        publisher.publish(Snapshot())
        yield publisher
    finally:
        publisher.close()
