"""The runs in progress, where this user has a folder in which they could say so; else none is known."""

from __future__ import annotations

from benchkit.errors import UsageError
from benchkit.running.live import LiveRun, each_once, live_runs


def runs_at_work() -> list[LiveRun]:
    """Of all histories, the longest first."""
    try:
        return each_once(live_runs())
    except UsageError:  # no cache folder
        return []


def run_at_work(run_id: str) -> LiveRun | None:
    return next((run for run in runs_at_work() if run.announcement.run_id == run_id), None)
