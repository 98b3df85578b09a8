"""Leases of a history that one batch at a time writes, which the batch's lock makes sure of.

Nobody else can claim a group, so all that is left of a lease is its number: an attempt that is over records
nothing. The numbers lie in a file beside the history, so that a batch that goes on counts on.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Sequence
from pathlib import Path

from benchkit.errors import HistoryError
from benchkit.files import atomic_write
from benchkit.records import Run
from benchkit.telling.history.base import Store
from benchkit.telling.history.leases import Kept, Lease, LeasedGroup, Leases, LeaseState

KIND = "attempts.json"


class OwnLeases:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._path = store.batch_file(KIND)
        self.history = f"{platform.node()}:{self._path.resolve()}"
        self._attempts = _read(self._path)
        self._done: dict[str, Lease] = {}
        self._held: dict[str, tuple[Lease, float]] = {}
        self._recorded: dict[str, list[str]] = {}

    def claim(self, group: str, box: str, seconds: float) -> Lease | None:
        if group in self._done:
            return None
        lease = Lease(group, self._attempts.get(group, 0) + 1, box)
        self._attempts[group] = lease.attempt
        try:
            atomic_write(self._path, json.dumps(self._attempts))
        except OSError as error:
            raise HistoryError(f"{self._path}: {error.strerror}") from error
        self._held[group] = lease, time.monotonic() + seconds
        return lease

    def heartbeat(self, lease: Lease, seconds: float) -> bool:
        if not self._is_current(lease):
            return False
        self._held[lease.group] = lease, time.monotonic() + seconds
        return True

    def append_if_current(self, run: Run, lease: Lease) -> Kept:
        if not self._is_current(lease):
            return Kept.REFUSED
        self._store.append(run)
        self._recorded.setdefault(lease.group, []).append(run.id)
        return Kept.RECORDED

    def release(self, lease: Lease, *, done: bool) -> bool:
        if not self._is_current(lease):
            return False
        del self._held[lease.group]
        if done:
            self._done[lease.group] = lease
        return True

    def groups(self, prefix: str = "") -> Sequence[LeasedGroup]:
        now = time.monotonic()
        claimed = [(lease, LeaseState.DONE, 0.0) for _, lease in sorted(self._done.items())]
        claimed += [
            (lease, LeaseState.HELD if until > now else LeaseState.LOST, until - now)
            for _, (lease, until) in sorted(self._held.items())
        ]
        return [
            LeasedGroup(lease, state, 0.0, left_s, tuple(self._recorded.get(lease.group, ())))
            for lease, state, left_s in claimed
            if lease.group.startswith(prefix)
        ]

    def _is_current(self, lease: Lease) -> bool:
        held = self._held.get(lease.group)
        return held is not None and held[0] == lease


def leases_of(store: Store) -> Leases:
    """The store's own where several boxes may share it, else those of its one writer."""
    return store if isinstance(store, Leases) else OwnLeases(store)


def history_of(leases: Leases) -> str:
    """What tells this history from every other of the cluster; nothing for one whose groups batches share."""
    return leases.history if isinstance(leases, OwnLeases) else ""


def _read(path: Path) -> dict[str, int]:
    try:
        leases = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {str(group): int(attempt) for group, attempt in leases.items()} if isinstance(leases, dict) else {}
