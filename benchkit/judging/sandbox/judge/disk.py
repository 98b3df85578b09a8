"""Keeps a private folder that no mount limits from filling the disk: looked at while the program runs."""

from __future__ import annotations

import os
from time import monotonic

from benchkit.judging.sandbox.base import MIB
from benchkit.judging.sandbox.over import Over
from benchkit.verdict import Verdict

EVERY_S = 0.1
_MOST_ENTRIES = 20_000  # as many as a mounted one could hold
_UNEXPLAINED = (
    4096 * MIB
)  # gone from the disk, yet in no file that we see: deleted ones still open, or somebody else


class DiskWatch:
    """Asks the disk how much is free, and only where that dropped who has it."""

    def __init__(self, folder: str, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        self.unexplained = 0
        self.free, self.free_entries = self._free()
        self.next_look = monotonic() + EVERY_S

    def look(self) -> None:
        """Raises Over where the program took more than its share."""
        if monotonic() < self.next_look:
            return
        self.next_look = monotonic() + EVERY_S
        free, free_entries = self._free()
        gone = self.free - free
        if gone <= self.limit and self.free_entries - free_entries <= _MOST_ENTRIES:
            return
        if self._holds_too_much():
            most = f"{self.limit // MIB} MB or {_MOST_ENTRIES:,} files"
            raise Over(Verdict.OUTPUT_LIMIT, f"filled its folder with more than {most}")
        if gone > _UNEXPLAINED:
            self.unexplained = gone
            why = "the disk filled up while the program ran, perhaps not by it"
            raise Over(Verdict.INFRASTRUCTURE, why, sandbox_failed=True)

    def settled(self, over: Over) -> Over:
        """Once the program is dead: what came back with its end was its own, in files that it had deleted."""
        if self.unexplained and self.free - self._free()[0] < self.unexplained // 2:
            return Over(Verdict.OUTPUT_LIMIT, "filled the disk with files that it had deleted")
        return over

    def _free(self) -> tuple[int, int]:
        """Bytes and entries; a file system that counts no entries always says as many."""
        facts = os.statvfs(self.folder)
        return facts.f_bavail * facts.f_frsize, facts.f_ffree

    def _holds_too_much(self) -> bool:
        """A folder that hides what it holds counts as full."""
        size = entries = 0
        waiting = [self.folder]
        while waiting:
            try:
                with os.scandir(waiting.pop()) as found:
                    for entry in found:
                        entries += 1
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
            except FileNotFoundError:  # gone while we looked
                continue
            except OSError:
                return True
            if size > self.limit or entries > _MOST_ENTRIES:
                return True
        return False
