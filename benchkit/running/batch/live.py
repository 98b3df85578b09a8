"""The run at work right now: how far, how fast, how long still; told to other shells by a small file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from benchkit.records import Progress
from benchkit.running.batch.state import beside

PUBLISH_EVERY_S = 1.0


@dataclass(frozen=True)
class Live:
    done: int | None = None
    total: int | None = None
    score: float | None = None  # of what is judged so far
    tokens_per_second: float | None = None
    vram_mb: float | None = None
    seconds: float = 0.0  # since the script started
    seconds_left: float | None = None


class Pace:
    """From a script's progress to the time it still takes, by a clock that never jumps."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        self._began = self._clock()
        self._first: tuple[float, int] | None = None

    def live(self, progress: Progress | None, vram_mb: float | None) -> Live:
        now = self._clock()
        seconds = now - self._began
        if progress is None:
            return Live(vram_mb=vram_mb, seconds=seconds)
        # What was journaled before is told again within a moment: the pace is that of what comes after.
        if self._first is None or seconds < 1.0 or progress.done < self._first[1]:
            self._first = (now, progress.done)
        return Live(
            done=progress.done,
            total=progress.total,
            score=_score(progress),
            tokens_per_second=progress.tokens_per_second,
            vram_mb=vram_mb,
            seconds=seconds,
            seconds_left=_left(progress, now - self._first[0], progress.done - self._first[1]),
        )


def _score(progress: Progress) -> float | None:
    if progress.passed is None or not progress.done:
        return None
    return 100 * progress.passed / progress.done


def _left(progress: Progress, seconds: float, done: int) -> float | None:
    if not progress.total or done <= 0:
        return None
    return seconds / done * (progress.total - progress.done)


class Publisher:
    """Keeps the small file fresh; a disk that is full is not this one's business."""

    def __init__(self, history: str | Path) -> None:
        self._path = beside(history, "now")
        self._next = 0.0

    def publish(self, live: Live) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + PUBLISH_EVERY_S
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with suppress(OSError):
            draft.write_text(json.dumps(asdict(live)))
            draft.replace(self._path)

    def close(self) -> None:
        self._next = 0.0
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def read_live(history: str | Path) -> Live:
    """What the batch told last; nothing known where it told nothing."""
    try:
        return Live(**json.loads(beside(history, "now").read_text()))
    except (OSError, ValueError, TypeError):
        return Live()
