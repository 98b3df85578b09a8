"""On the boxes of a cluster: each group goes to a box that has its file and the room, one a GPU at a time.

This process decides which box gets what, holds the leases and records the results; a box does what it is
sent, in a process of its own for each group. Dask's scheduler, the head, knows which boxes there are.
Whoever looks at a group keeps it: a box at whose groups nobody looks stops those that may be moved.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from benchkit.errors import HistoryError, UsageError
from benchkit.link.calls import Box, Calls
from benchkit.running.executors.base import (
    BoxesSeen,
    Event,
    Group,
    GroupHomeless,
    GroupSent,
    Seams,
)
from benchkit.running.executors.following import Following
from benchkit.running.executors.sending import Boxes, Sent
from benchkit.running.orders import order_of
from benchkit.serving.gguf import read_model_file, sha256_of
from benchkit.telling.history.leases import LeaseState

LEASE_VARIABLE = "BENCH_LEASE_S"
LEASE_S = 20.0  # so long a box may be silent before its groups may go to another
TRIES_AGAIN_S = 1.0
ASKS_AGAIN_S = 30.0  # whether what waits is still wanted
TELLS_BOXES_EVERY_S = 2.0
NAPS_S = 0.25
STOPS_WITHIN_S = 15.0
ANSWERS_WITHIN_S = 120.0  # about the whole plan: scripts check themselves; who is slower gets groups later
SETTLES_WITHIN_S = 10.0


class DaskExecutor:
    def __init__(self, seams: Seams) -> None:
        assert seams.cluster is not None
        self._seams, self._cluster = seams, seams.cluster
        self._lease_s = _lease_s()
        self._sha256: dict[Path, str] = {}  # of the models' files
        self._waiting: list[Sent] = []
        self._at_work: list[Sent] = []
        self._asked_wanted = time.monotonic()
        self._told_boxes = float("-inf")
        self._calls = Calls(self._cluster.address)
        self._calls.__enter__()
        self._boxes = Boxes(self._calls)
        self._following = Following(self._calls, self._boxes, self._cluster.leases, self._lease_s, seams)

    def submit(self, group: Group) -> None:
        model = group.plans[0].settings.model
        if model is None:
            raise UsageError(f"{group.plans[0].label}: a cluster runs model files; ask endpoints without it")
        if model not in self._sha256:
            self._sha256[model] = sha256_of(read_model_file(model))
        on_lost_box, sha256 = self._cluster.on_lost_box, self._sha256[model]
        order = order_of(group.plans, group.name, on_lost_box, self._lease_s, sha256)
        left = {plan.id: plan for plan in group.plans}
        self._waiting.append(Sent(group, order, left, last_box=group.box))

    def cancel(self) -> None:
        """What is at work is stopped, and goes on in a later batch."""
        self._following.end()
        stopping = [
            self._calls.stopped(sent.box, sent.group.name, sent.lease.attempt, STOPS_WITHIN_S, forget=False)
            for sent in self._at_work
            if sent.box is not None and sent.lease is not None
        ]
        wait(stopping, STOPS_WITHIN_S)
        for sent in self._at_work:
            with suppress(HistoryError):
                if sent.lease is not None:
                    self._cluster.leases.release(sent.lease, done=False)
        self._waiting, self._at_work = [], []
        self._calls.__exit__()

    def events(self) -> Generator[Event]:
        try:
            self._tell_homeless()
            while self._waiting or self._at_work:
                self._boxes.refresh([*self._waiting, *self._at_work])
                self._boxes.take_answers()
                yield from self._following.events(self._at_work)
                self._following.settle()
                self._sort()
                yield from self._send()
                yield from self._drop_homeless()
                yield from self._tell_boxes()
                self._nap()
            self._following.settle(SETTLES_WITHIN_S)
        finally:
            self.cancel()

    def _tell_boxes(self) -> Iterator[Event]:
        if time.monotonic() - self._told_boxes > TELLS_BOXES_EVERY_S:
            self._told_boxes = time.monotonic()
            yield BoxesSeen(self._boxes.now(self._at_work))

    def _nap(self) -> None:
        awaited = self._following.awaited(self._at_work)
        if awaited:
            wait(awaited, NAPS_S, FIRST_COMPLETED)
        else:
            time.sleep(NAPS_S)

    def _tell_homeless(self) -> None:
        """Before the night; a box that joins later may take it all the same."""
        self._boxes.refresh(self._waiting)
        wait(self._boxes.answers())
        self._boxes.refresh(self._waiting)
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while (awaited := self._boxes.answers()) and time.monotonic() < deadline:
            wait(awaited, deadline - time.monotonic(), FIRST_COMPLETED)
            self._boxes.take_answers()
        self._boxes.take_answers()
        homeless = [(sent, why) for sent in self._waiting if (why := self._boxes.why_homeless(sent))]
        lines = [f"{sent.group.plans[0].label}: no box can take it: {why}" for sent, why in homeless]
        if lines and len(lines) == len(self._waiting):
            raise UsageError(f"nothing of the plan can run on {self._cluster.address}: {'; '.join(lines)}")
        for line in (*lines, *self._boxes.unreached(), *self._boxes.differences()):
            self._seams.display.line(line)

    def _send(self) -> Iterator[Event]:
        now = time.monotonic()
        free = self._boxes.free(self._at_work)
        for sent in list(self._waiting):
            if not free:
                break
            if sent.not_before > now:
                continue
            fit = [one for one in free if self._boxes.takes(one, sent) and _may_go(sent, one)]
            if fit:
                yield from self._start(sent, best_of(fit, sent))
                free = self._boxes.free(self._at_work)
        if now - self._asked_wanted > ASKS_AGAIN_S:
            self._asked_wanted = now
            for sent in list(self._waiting):
                self._drop_unwanted(sent)

    def _drop_unwanted(self, sent: Sent) -> None:
        sent.left = {run_id: plan for run_id, plan in sent.left.items() if self._seams.wanted(plan)}
        if not sent.left:
            self._waiting.remove(sent)

    def _start(self, sent: Sent, box: Box) -> Iterator[Event]:
        self._drop_unwanted(sent)
        if not sent.left:
            return
        leases = self._cluster.leases
        try:
            lease = leases.claim(sent.group.name, box.name, self._lease_s)
            done = lease is None and any(
                one.state is LeaseState.DONE
                for one in leases.groups(sent.group.name)
                if one.lease.group == sent.group.name
            )
        except HistoryError:
            lease, done = None, False  # the store may come back
        if lease is None:
            sent.not_before = time.monotonic() + TRIES_AGAIN_S
            if done:
                self._waiting.remove(sent)
                yield GroupHomeless(sent.group, "another batch with this history has done it")
            return
        self._waiting.remove(sent)
        self._at_work.append(sent)
        yield GroupSent(replace(sent.group, plans=tuple(sent.left.values())), box.name)
        self._following.start(sent, box, lease)

    def _sort(self) -> None:
        """What is over is forgotten, what has lost its box waits again."""
        self._waiting += [sent for sent in self._at_work if sent.box is None and sent.left]
        self._at_work = [sent for sent in self._at_work if sent.box is not None]

    def _drop_homeless(self) -> Iterator[Event]:
        """Once nothing else is left to wait for."""
        if self._at_work or self._boxes.answers():
            return
        homeless = [(sent, self._boxes.why_homeless(sent)) for sent in self._waiting]
        if all(why for _, why in homeless):
            for sent, why in homeless:
                self._waiting.remove(sent)
                yield GroupHomeless(sent.group, why)


def best_of(fit: Sequence[Box], sent: Sent) -> Box:
    """The one that had it, for its journal lies there; but rather another than one that lost it twice."""
    return min(fit, key=lambda box: (max(1, sent.lost_at[box.name]), box.name != sent.last_box))


def _may_go(sent: Sent, box: Box) -> bool:
    return not sent.stays or sent.last_box == box.name


def _lease_s() -> float:
    given = os.environ.get(LEASE_VARIABLE, "").strip()
    try:
        seconds = float(given or LEASE_S)
    except ValueError:
        seconds = 0.0
    if not 1.0 <= seconds <= 86400.0:
        raise UsageError(f"{LEASE_VARIABLE}={given}: give seconds from 1 to 86400")
    return seconds
