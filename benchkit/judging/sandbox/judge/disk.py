"""Keeps a private folder that no mount limits from filling the disk: looked at while the program runs."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

from benchkit.judging.sandbox.base import MIB
from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.verdict import Verdict

EVERY_S = 0.1
_MOST_ENTRIES = 20_000  # as many as a mounted one could hold
_LONG = 2000  # characters of a path; the kernel takes 4095
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Space that is taken, yet by no file that we see: by deleted ones still open, or by others. At most half of
# what was free, lest a small disk is full before that.
_UNEXPLAINED, _UNEXPLAINED_AT_LEAST = 4096 * MIB, 256 * MIB


class DiskWatch:
    """Asks the disk how much is free and, only where that dropped, what the program holds.

    Deleted files that are still open lie in no folder. Their owner is found by ending one program at a time
    (`turn`, a file that the judges of a pool lock): what comes back with a program's end was its own.
    """

    def __init__(self, folder: str, limit: int, turn: str) -> None:
        self.folder = folder
        self.limit = limit
        self.turn = turn
        self.lock = -1
        self.unexplained = 0
        self.free, self.free_entries = self._free()
        self.most_unexplained = min(_UNEXPLAINED, max(_UNEXPLAINED_AT_LEAST, self.free // 2))
        self.next_check = monotonic() + EVERY_S

    def check(self) -> None:
        """Raises ProgramStopped where the program took more than its share."""
        if monotonic() < self.next_check:
            return
        self.next_check = monotonic() + EVERY_S
        free, free_entries = self._free()
        gone = self.free - free
        if gone <= self.limit and self.free_entries - free_entries <= _MOST_ENTRIES:
            return
        if self._exceeds_limit():
            most = f"{self.limit // MIB} MB or {_MOST_ENTRIES:,} files"
            raise ProgramStopped(Verdict.OUTPUT_LIMIT, f"filled its folder with more than {most}")
        if gone > self.most_unexplained and self._claim_turn():
            self.unexplained = self.free - self._free()[0]  # the end of another process may have freed it
            if self.unexplained > self.most_unexplained:
                why = "the disk filled up while the program ran, and not by it"
                raise ProgramStopped(Verdict.INFRASTRUCTURE, why, sandbox_failed=True)
            self._end_turn()

    def settled(self, over: ProgramStopped) -> ProgramStopped:
        """Once the program is dead: what came back with its end was its own, in files that it had deleted."""
        if self.unexplained and self.free - self._free()[0] < self.unexplained // 2:
            over = ProgramStopped(Verdict.OUTPUT_LIMIT, "filled the disk with files that it had deleted")
        self._end_turn()
        return over

    def _claim_turn(self) -> bool:
        """Whether no other judge is ending its program for this reason just now."""
        self.lock = os.open(self.turn, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._end_turn()
        return self.lock >= 0

    def _end_turn(self) -> None:
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1

    def _free(self) -> tuple[int, int]:
        """Bytes and entries; a file system that counts no entries always says as many."""
        facts = os.statvfs(self.folder)
        return facts.f_bavail * facts.f_frsize, facts.f_ffree

    def _exceeds_limit(self) -> bool:
        """A folder that hides what it holds counts as full."""
        with ExitStack() as kept:
            try:
                return self._is_more_than_allowed(_entries(self.folder, kept))
            except OSError:
                return True

    def _is_more_than_allowed(self, entries: Iterator[os.stat_result]) -> bool:
        size = 0
        for count, facts in enumerate(entries, start=1):
            size += facts.st_blocks * 512
            if size > self.limit or count > _MOST_ENTRIES:
                return True
        return False


def _entries(folder: str, kept: ExitStack) -> Iterator[os.stat_result]:
    """All that lies below, however deep: a name longer than the kernel takes is divided by open folders."""
    waiting: list[tuple[int | None, str]] = [(None, folder)]
    while waiting:
        above, path = waiting.pop()
        try:
            here = os.open(path, _FOLDER, dir_fd=above)
        except (FileNotFoundError, NotADirectoryError):  # removed, or replaced by now
            continue
        with ExitStack() as opened:
            opened.callback(os.close, here)
            for entry in os.scandir(here):
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield facts
                if not stat.S_ISDIR(facts.st_mode):
                    continue
                if len(path) < _LONG:
                    waiting.append((above, f"{path}/{entry.name}"))
                else:
                    kept.push(opened.pop_all())
                    waiting.append((here, entry.name))
