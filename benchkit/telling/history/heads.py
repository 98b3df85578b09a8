"""What a run is called and when it was: enough to choose runs without reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from benchkit.records import Run, Status

UNKNOWN_MOMENT = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class RunHead:
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
        return _parse(self.timestamp), self.position


def make_head(position: int, names: Mapping[str, str], problems: str | None) -> RunHead:
    """The head with these names, which are those of its fields."""
    head = object.__new__(RunHead)  # its constructor takes twice as long, and a history has ten thousands
    head.__dict__.update(names, position=position, problems=problems)
    return head


def head_of(position: int, run: Run) -> RunHead:
    problems = run.problem_set.name or None
    return RunHead(position, run.id, run.timestamp, run.benchmark, run.model, run.status.value, problems)


def moment(timestamp: str) -> datetime:
    """The time of an ISO text, the beginning of time where it is none."""
    try:
        return _parse(timestamp).astimezone()
    except OverflowError:
        return UNKNOWN_MOMENT


def _parse(timestamp: str) -> datetime:
    """In the text's own time zone: enough for comparing, and quicker than converting to ours."""
    try:
        parsed = datetime.fromisoformat(timestamp)
        return parsed if parsed.tzinfo is not None else parsed.astimezone()
    except (ValueError, OverflowError):
        return UNKNOWN_MOMENT
