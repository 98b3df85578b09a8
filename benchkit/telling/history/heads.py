"""What a run is called and when it was: enough to choose runs without reading them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from benchkit.records import Run, Status

UNKNOWN_MOMENT = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Head:
    """What a run is called."""

    position: int  # in the order the runs were added
    id: str
    timestamp: str
    benchmark: str
    model: str
    status: str
    problems: str | None = None  # the name of the problem set, where it was recorded

    @property
    def ok(self) -> bool:
        return self.status == Status.OK

    @cached_property
    def when(self) -> tuple[datetime, int]:
        """Orders runs in time; those of one second, or without a date, by the order they were added in."""
        return moment(self.timestamp), self.position


def head_of(position: int, run: Run) -> Head:
    problems = run.problem_set.name or None
    return Head(position, run.id, run.timestamp, run.benchmark, run.model, run.status.value, problems)


def moment(timestamp: str) -> datetime:
    """The time of an ISO text, the beginning of time where it is none."""
    try:
        return datetime.fromisoformat(timestamp).astimezone()
    except (ValueError, OverflowError):
        return UNKNOWN_MOMENT
