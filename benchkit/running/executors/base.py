"""What every executor offers, and what it tells of the runs that it was given."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchkit.errors import BenchError
from benchkit.running.display import Display
from benchkit.running.plan import PlannedRun
from benchkit.running.runner import EndedRun


class BatchStopped(Exception):
    """Nothing more is to be started; its text says why."""


@dataclass(frozen=True)
class Seams:
    """What an executor asks of the batch that it works for."""

    display: Display
    wanted: Callable[[PlannedRun], bool]  # asked just before each run starts; may raise BatchStopped
    trouble: Callable[[], BenchError | None]  # asked now and then: what a run is not worth going on with


@dataclass(frozen=True)
class RunEnded:
    """A run came to an end, whichever; it is recorded unless it goes on later."""

    plan: PlannedRun
    ended: EndedRun


@dataclass(frozen=True)
class RunBroke:
    """A run ended in a way that even the runner did not foresee; nothing has recorded it."""

    plan: PlannedRun
    error: Exception


Event = RunEnded | RunBroke


class Executor(Protocol):
    # Takes a group of runs that share a server, beside those that it has.
    def submit(self, plans: Sequence[PlannedRun]) -> None: ...

    # What happens, until all that was submitted is over. Whoever closes it early has what is at work stopped.
    def events(self) -> Generator[Event]: ...

    # Begins nothing more of what was submitted; what is at work comes to its end.
    def cancel(self) -> None: ...
