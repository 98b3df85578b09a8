"""What every executor offers, and what it tells of the runs that it was given."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from benchkit.errors import BenchError
from benchkit.running.display import Display
from benchkit.running.live import BoxNow, Snapshot
from benchkit.running.orders import OnLostBox
from benchkit.running.plan import PlannedRun
from benchkit.running.runner import EndedRun
from benchkit.telling.history.leases import Leases


class BatchStopped(Exception):
    """Nothing more is to be started; its text says why."""


@dataclass(frozen=True)
class Group:
    """Runs that share a server."""

    name: str  # the same for the same runs in a later batch
    plans: tuple[PlannedRun, ...]
    box: str = ""  # where an earlier batch had it at work, and what it has answered lies


@dataclass(frozen=True)
class Cluster:
    """Where an executor on several boxes finds them, and how it is to deal with them."""

    address: str  # of the head
    leases: Leases
    on_lost_box: OnLostBox = OnLostBox.MOVE


@dataclass(frozen=True)
class Seams:
    """What an executor asks of the batch that it works for."""

    display: Display
    wanted: Callable[[PlannedRun], bool]  # asked just before each run starts; may raise BatchStopped
    trouble: Callable[[], BenchError | None]  # asked now and then: what a run is not worth going on with
    cluster: Cluster | None = None


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


@dataclass(frozen=True)
class GroupSent:
    """A group is about to be sent to a box; what is to be known of it after a crash is to be noted now."""

    group: Group
    box: str


@dataclass(frozen=True)
class RunBegan:
    """Told by an executor whose runs are elsewhere."""

    plan: PlannedRun
    box: str


@dataclass(frozen=True)
class RunProgress:
    """How far a run elsewhere is."""

    plan: PlannedRun
    snapshot: Snapshot


@dataclass(frozen=True)
class GroupLost:
    """The box of a group is lost, or has lost the group: from now on it waits to go on."""

    group: Group
    box: str


@dataclass(frozen=True)
class GroupMoved:
    """Another box begins anew what a lost one had begun."""

    group: Group
    box: str  # the other one
    asked_again: int  # answers that lie on the lost one


@dataclass(frozen=True)
class GroupHomeless:
    """No box can take it."""

    group: Group
    why: str


@dataclass(frozen=True)
class BoxesSeen:
    """How all boxes are, told every few seconds by an executor whose runs are elsewhere."""

    boxes: tuple[BoxNow, ...]


Event = (
    RunEnded
    | RunBroke
    | RunBegan
    | RunProgress
    | GroupSent
    | GroupLost
    | GroupMoved
    | GroupHomeless
    | BoxesSeen
)


class Executor(Protocol):
    # Takes a group, beside those that it has.
    def submit(self, group: Group) -> None: ...

    # What happens, until all that was submitted is over. Whoever closes it early has what is at work stopped.
    def events(self) -> Generator[Event]: ...

    # Begins nothing more of what was submitted; what is at work comes to its end.
    def cancel(self) -> None: ...
