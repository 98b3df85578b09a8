"""A run in progress as the pages show it: from its live file and what its script is writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchkit.contract import RunFile
from benchkit.dashboard.at_work import run_at_work
from benchkit.dashboard.pages.answers import AttemptChip, labelled, with_events
from benchkit.json_values import json_objects
from benchkit.records import Run, Status
from benchkit.running.live import LiveRun, each_once, live_runs
from benchkit.running.live.form import history_name
from benchkit.runs import run_of
from benchkit.telling.history.sealed import last_lines, open_below

LOG_BYTES, LOG_LINES = 2000, 8


@dataclass(frozen=True)
class LiveRunView:
    """A run in progress."""

    live: LiveRun
    here: bool  # it will be recorded in the history of this page
    attempts: tuple[AttemptChip, ...]
    offset: int  # of the events that are in `attempts`: from there on the page follows them
    log: str  # the last lines of the script's output

    @property
    def run_id(self) -> str:
        return self.live.announcement.run_id

    @property
    def share(self) -> float | None:
        """How much is done, from 0 to 1."""
        done, total = self.live.snapshot.done, self.live.snapshot.total
        return done / total if done is not None and total else None

    def as_run(self) -> Run:
        """As far as it is known before its end."""
        announcement = self.live.announcement
        snapshot = self.live.snapshot
        return run_of(
            id=announcement.run_id,
            timestamp=datetime.fromtimestamp(announcement.since).astimezone().isoformat(timespec="seconds"),
            benchmark=announcement.benchmark,
            model=announcement.model,
            status=Status.INTERRUPTED,  # until it has ended
            artifacts=announcement.folder,
            results={
                "score": snapshot.score,
                "total_passed": snapshot.passed,
                "total_problems": snapshot.done,
            },
        )


def watched_runs(history: str) -> list[LiveRunView]:
    """All of this user, those of other histories too."""
    return [_watched(live, history) for live in each_once(live_runs())]


def watched_run(history: str, run_id: str) -> LiveRunView | None:
    live = run_at_work(run_id)
    return None if live is None else _watched(live, history)


def _watched(live: LiveRun, history: str) -> LiveRunView:
    folder = Path(live.announcement.folder)
    lines, offset = _whole_lines(folder / RunFile.EVENTS)
    verdicts, _ = _whole_lines(folder / RunFile.VERDICTS)
    rows = with_events(list(json_objects(verdicts)), json_objects(lines))
    log = last_lines(folder / RunFile.OUTPUT, LOG_BYTES, LOG_LINES)
    here = live.announcement.history == history_name(history)
    return LiveRunView(live, here, tuple(labelled(rows)), offset, "\n".join(log))


def _whole_lines(path: Path) -> tuple[list[bytes], int]:
    try:
        with open_below(path.parent, path.name) as file:
            data = file.read()
    except OSError:
        return [], 0
    end = data.rfind(b"\n") + 1
    return data[:end].splitlines(), end
