"""Leases: a group of runs is worked off by one box at a time, and only its present attempt may record.

A store that several boxes share can offer them; `leasing` says so of one. What a lease promises:

* Each claim of a group gets the next attempt number, and no two claims get the same one.
* A group is claimed where nobody holds it: never claimed, given back, or without a heartbeat for as long as
  its holder asked for. The same box may claim its own group again at any time, as after a reboot: its former
  attempt is over from that moment. A group that is done is never claimed again.
* The latest attempt is the present one until it is released, also after its time has run out, as long as
  nobody else has claimed the group. So a box that was cut off and comes back first goes on.
* A run is recorded for the present attempt alone, decided and written in one statement: a claim comes before
  it or after it, never between. Recording the same run once more for the same attempt changes nothing.
* All times are the store's own: a box whose clock is wrong neither loses a lease by it nor keeps one.

Each call is one statement and may be repeated. Where the store cannot be reached they raise
StoreUnavailable, all but `append_if_current`, whose record then waits on the box with its lease and is
recorded later if that attempt is still the present one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from benchkit.errors import UsageError
from benchkit.records import Run
from benchkit.telling.history.base import Store


@dataclass(frozen=True)
class Lease:
    """One attempt of one box at a group; the group's name is unique in the store, not only in its plan."""

    group: str
    attempt: int  # from 1
    box: str


class LeaseState(StrEnum):
    HELD = "held"
    LOST = "lost"  # no heartbeat came in time: whoever asks gets it
    GIVEN_BACK = "given back"
    DONE = "done"


class Kept(StrEnum):
    """What became of a record."""

    RECORDED = "recorded"
    WAITING = "waiting"  # on this box, until the store takes it
    REFUSED = "refused"  # its attempt is no longer the present one


@dataclass(frozen=True)
class LeasedGroup:
    """A group that was claimed at least once."""

    lease: Lease  # the latest
    state: LeaseState
    silent_s: float  # since its latest heartbeat
    left_s: float  # until it counts as lost; negative where it does
    run_ids: tuple[str, ...]  # what any of its attempts has recorded, in that order


@runtime_checkable
class Leases(Protocol):
    """What a store offers that can lease."""

    # The lease of the next attempt, or None where another box holds the group or the group is done.
    def claim(self, group: str, box: str, seconds: float) -> Lease | None: ...

    # Holds the lease for so many seconds from now on; False where it is no longer the present attempt:
    # then its run and its server are to be stopped.
    def heartbeat(self, lease: Lease, seconds: float) -> bool: ...

    # Adds one run for the present attempt, durably.
    def append_if_current(self, run: Run, lease: Lease) -> Kept: ...

    # Ends the attempt: the group is done, or given back to whoever asks next. False as for a heartbeat.
    def release(self, lease: Lease, *, done: bool) -> bool: ...

    # All groups whose names begin so, by name.
    def groups(self, prefix: str = "") -> Sequence[LeasedGroup]: ...


def leasing(store: Store) -> Leases:
    """The store's leases; UsageError where it is of a make that several boxes cannot share."""
    if isinstance(store, Leases):
        return store
    raise UsageError(
        f"{store.place} is a history of one box: several boxes share one by --history postgresql://HOST/NAME"
    )
