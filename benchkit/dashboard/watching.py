"""What is going on at a moment, looked up once for all who ask at that moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchkit.dashboard.api.launching import launch_answer
from benchkit.dashboard.at_work import runs_at_work
from benchkit.dashboard.launches import launches
from benchkit.running.batch.overview import Overview, overview_of
from benchkit.running.batch.state import BatchState, journal_path, read_state
from benchkit.running.live import LiveRun
from benchkit.running.live.form import history_name

FRAME_S = 0.2  # between two looks for the same client
TOLD_S = 3600.0  # that a launch ended badly
MOST_LAUNCHES = 5
Message = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """What was going on at one moment."""

    runs: Mapping[str, LiveRun]
    overview: Overview
    launches: Sequence[Message]


class Watch:
    """One look for all clients of a moment."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._look: Look | None = None
        self._looked = float("-inf")
        self._batch: tuple[Any, BatchState] = (None, BatchState())

    def look(self) -> Look:
        with self._lock:
            now = time.monotonic()
            if self._look is None or now - self._looked >= FRAME_S / 2:
                runs = runs_at_work()
                by_id = {run.announcement.run_id: run for run in runs}
                overview = overview_of(self._state(), runs, self._place)
                self._look, self._looked = Look(by_id, overview, _launch_messages(self._place)), now
            return self._look

    def _state(self) -> BatchState:
        """The batch's journal, read again when it was written."""
        signature = signature_of(journal_path(self._place))
        if signature != self._batch[0]:
            self._batch = signature, read_state(self._place) if signature else BatchState()
        return self._batch[1]


def overview_message(look: Look, place: str) -> Message:
    """All that is in progress and waits, as a page lists it."""
    states = look.overview.states
    alive = look.overview.batch_pid is not None
    here = history_name(place)
    return {
        "runs": [_listed(run, here) for run in look.runs.values()],
        "waiting": [
            {"model": one.model, "benchmark": one.benchmark, "place": one.place, "state": one.state}
            for one in states
            if alive and not one.over and one.state != "running"
        ],
        "batch": {
            "alive": alive,
            "done": sum(one.over for one in states),
            "failed": sum(one.state == "failed" for one in states),
            "of": len(states),
        },
        "boxes": [
            {"name": box.name, "doing": box.doing, "heard": box.heard()} for box in look.overview.boxes
        ],
        "launches": look.launches,
    }


def _launch_messages(place: str) -> list[Message]:
    """What was started from the page and is at work, or ended badly a while ago."""
    since = time.time() - TOLD_S
    return [
        launch_answer(one, place).model_dump()
        for one in launches(MOST_LAUNCHES)
        if one.alive or (one.exit != 0 and one.since > since)
    ]


def _listed(run: LiveRun, here: str) -> Message:
    announced = run.announcement
    return {
        "id": announced.run_id,
        "model": announced.model,
        "benchmark": announced.benchmark,
        "since": announced.since,
        "history": announced.history,
        "here": announced.history == here,
        "snapshot": asdict(run.snapshot),
    }


def signature_of(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
