"""From a script's progress to the time it still takes, by a clock that never jumps."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchkit.records import Progress
from benchkit.running.live.form import RUNNING, Snapshot


class ScriptPace:
    """Belongs to one start of a script."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._first: tuple[float, int] | None = None

    def snapshot(
        self, progress: Progress | None, vram_mb: float | None, silent_s: float | None = None
    ) -> Snapshot:
        now = self._clock()
        seconds = now - self._began
        if progress is None:
            return Snapshot(RUNNING, vram_mb=vram_mb, seconds=seconds, silent_s=silent_s)
        # What was journaled before is told again within a moment: the pace is that of what comes after.
        if self._first is None or seconds < 1.0 or progress.done < self._first[1]:
            self._first = (now, progress.done)
        return Snapshot(
            state=RUNNING,
            done=progress.done,
            total=progress.total,
            passed=progress.passed,
            score=_score(progress),
            tokens_per_second=progress.tokens_per_second,
            vram_mb=vram_mb,
            seconds=seconds,
            # Nobody knows how long a silent server stays silent.
            seconds_left=None
            if silent_s is not None
            else _left(progress, now - self._first[0], progress.done - self._first[1]),
            silent_s=silent_s,
        )


def _score(progress: Progress) -> float | None:
    if progress.passed is None or not progress.done:
        return None
    return 100 * progress.passed / progress.done


def _left(progress: Progress, seconds: float, done: int) -> float | None:
    if not progress.total or done <= 0:
        return None
    return seconds / done * (progress.total - progress.done)
