"""An onlooker's side: which runs there are, and following one of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from benchkit.errors import UsageError
from benchkit.files import cache_folder
from benchkit.running.live.form import (
    Announcement,
    Snapshot,
    is_of_a_newer_form,
    read_announcement,
    read_snapshot,
)
from benchkit.running.live.lines import MOST_BYTES, whole_lines
from benchkit.running.live.owner import FRESH_S, age_s, is_live

KILLED = "killed"  # the folder of the files whose owner was killed
TAIL_BYTES = 4096  # holds a whole snapshot, and the half of another


@dataclass(frozen=True)
class LiveRun:
    """A run in progress."""

    path: Path
    announcement: Announcement
    snapshot: Snapshot


def live_folder() -> Path:
    """Where this user's runs tell what is going on."""
    folder = cache_folder() / "live"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        why = f"{folder} cannot be made: {error.strerror}"
        raise UsageError(f"{why}; name a place that can be written with XDG_CACHE_HOME") from error
    return folder


def live_runs(folder: Path | None = None) -> list[LiveRun]:
    """The runs in progress, the longest first; files whose owner has ended are put aside."""
    place = folder or live_folder()
    remove_stale(place)
    runs = [run for path in place.glob("*.jsonl") if (run := _read(path)) is not None]
    return sorted(runs, key=lambda run: run.announcement.since)


def each_once(runs: Iterable[LiveRun]) -> list[LiveRun]:
    """Without the files of boxes of a cluster on this very machine, of which their batch tells as well."""
    known = list(runs)
    told_by_batch = {run.announcement.run_id for run in known if run.announcement.box}
    return [run for run in known if run.announcement.box or run.announcement.run_id not in told_by_batch]


def killed_runs(folder: Path | None = None) -> list[LiveRun]:
    """The runs whose process was killed and whose folders are still there, as they were at the end."""
    killed = []
    for path in sorted(((folder or live_folder()) / KILLED).glob("*.jsonl")):
        announcement = read_announcement(_first_line(path))
        if announcement is not None and Path(announcement.folder).is_dir():
            killed.append(LiveRun(path, announcement, latest_snapshot(path)))
        else:
            _remove(path)
    return killed


def remove_stale(folder: Path) -> None:
    """Put the files of killed processes aside, and remove those of which no run's folder is left."""
    for path in folder.glob("*.jsonl"):
        if not _is_stale(path):
            continue
        announcement = read_announcement(_first_line(path))
        if announcement is None or not Path(announcement.folder).is_dir():
            _remove(path)
            continue
        with suppress(OSError):
            (folder / KILLED).mkdir(mode=0o700, exist_ok=True)
            path.replace(folder / KILLED / path.name)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _is_stale(path: Path) -> bool:
    line = _first_line(path)
    announcement = read_announcement(line)
    if announcement is not None:
        return is_live(announcement.owner, path) is False
    # It was created a moment ago, or its owner died or met a full disk just then.
    return age_s(path) > FRESH_S and not is_of_a_newer_form(line)


def _read(path: Path) -> LiveRun | None:
    announcement = read_announcement(_first_line(path))
    if announcement is None or not is_live(announcement.owner, path):
        return None
    snapshot = latest_snapshot(path)
    return None if snapshot.over else LiveRun(path, announcement, snapshot)


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline(MOST_BYTES)
    except OSError:
        return b""


def latest_snapshot(path: Path) -> Snapshot:
    """From the file's end, however long it is."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            lines, _ = whole_lines(file, max(0, size - TAIL_BYTES))
    except OSError:
        return Snapshot()
    return next(_snapshots(reversed(lines)), Snapshot())


def _snapshots(lines: Iterator[bytes]) -> Iterator[Snapshot]:
    return (snapshot for line in lines if (snapshot := read_snapshot(line)) is not None)


class Follower:
    """The snapshots of one file from a byte offset on, each once, also the last ones after its end."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path, self.offset = path, offset
        self._file: BinaryIO | None = None

    def read(self) -> list[Snapshot]:
        """What has come since the last time; nothing where there is no such file (any more, or yet)."""
        try:
            self._file = self._file or self.path.open("rb")
        except FileNotFoundError:
            return []
        lines, self.offset = whole_lines(self._file, self.offset)
        return list(_snapshots(iter(lines)))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
