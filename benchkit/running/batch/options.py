"""How a batch is to be run, apart from what its plan says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from benchkit.errors import UsageError
from benchkit.racing import Goal
from benchkit.running.orders import OnLostBox


class Prefetch(StrEnum):
    """Whether the next model's file is read while another runs."""

    AUTO = "auto"  # not from a network file system
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class BatchOptions:
    history: str | Path
    until: datetime | None = None  # start nothing that is not expected to end by then
    retry_failed: bool = False
    wait: bool = False  # for another batch to end, instead of being refused
    race: Goal | None = None  # stop the models that cannot be wanted any more
    finish: bool = False  # what a race has stopped goes on to its end
    prefetch: Prefetch = Prefetch.AUTO
    max_cost: float | None = None  # in dollars, of all runs together
    concurrent_models: int = 1  # of providers: what this machine serves has it for itself
    cluster: str | None = None  # the address of its head: the runs are done on its boxes
    on_lost_box: OnLostBox = OnLostBox.MOVE
    notify_command: str | None = None
    notify_failures: bool = False  # each one, as soon as it is recorded
    now: Callable[[], datetime] = lambda: datetime.now().astimezone()  # aware: clocks change at night


def next_time_of_day(text: str) -> datetime:
    """The next moment at which the clock shows this."""
    try:
        clock = datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise UsageError(f"--until {text}: give a time of day like 07:00") from None
    now = datetime.now()
    until = datetime.combine(now.date(), clock)
    return (until if until > now else until + timedelta(days=1)).astimezone()
