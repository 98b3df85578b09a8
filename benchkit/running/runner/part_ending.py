"""Ends a part early: whoever planned it says after a verdict that it is enough, and the script is told."""

from __future__ import annotations

import time
from contextlib import suppress

from benchkit.contract import RunFile
from benchkit.records import ServerFacts
from benchkit.running.plan import PlannedRun, SoFar
from benchkit.running.runner.watch import EventReader


class PartEnding:
    """For one start of the script; the word of an earlier one no longer holds."""

    def __init__(self, plan: PlannedRun, server: ServerFacts | None) -> None:
        self._is_enough = plan.part.is_enough if plan.part else None
        self._word, self._judged, self._said = plan.folder / RunFile.ENOUGH, 0, False
        self._server_start_s = server.start_s or 0.0 if server else 0.0
        self._began = time.monotonic()
        self._word.unlink(missing_ok=True)
        self._answered_before = 0
        with suppress(OSError):
            self._answered_before = (plan.folder / RunFile.ANSWERS).read_bytes().count(b"\n")

    def look(self, events: EventReader) -> None:
        """Say that it is enough once it is."""
        if self._is_enough is None or self._said or events.judged == self._judged:
            return
        self._judged = events.judged
        if self._is_enough(self._so_far(events)):
            self._word.touch()
            self._said = True

    def _so_far(self, events: EventReader) -> SoFar:
        since = events.asking_since or self._began
        return SoFar(
            verdicts=events.verdicts,
            questions=events.total,
            judged_now=max(0, self._judged - self._answered_before),
            loading_s=self._server_start_s + since - self._began,
            asking_s=time.monotonic() - since,
        )
