"""How the groups at work on boxes are: looked at without a pause, their results taken as they come."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from benchkit.errors import ClusterError, HistoryError
from benchkit.link.calls import Box, Calls, GroupState, Nonsense, Operation, Refused
from benchkit.records import Run, Status
from benchkit.running.executors.answers import read_news
from benchkit.running.executors.base import (
    Event,
    GroupLost,
    GroupMoved,
    RunBegan,
    RunBroke,
    RunEnded,
    RunProgress,
    Seams,
)
from benchkit.running.executors.sending import Boxes, Sent
from benchkit.running.executors.watching import BoxWatch
from benchkit.running.live.form import snapshot_of
from benchkit.running.orders import OnLostBox
from benchkit.running.plan import PlannedRun
from benchkit.running.runner import EndedRun
from benchkit.telling.history import from_record
from benchkit.telling.history.leases import Kept, Lease, Leases

LOOKS_FOR_S = 2.0  # a box answers earlier where there is news
ANSWERS_WITHIN_S = 6.0
PAUSE_S = 0.5  # after a box did not answer
MOST_ENDS = 3  # attempts whose process ended early; then what is left has failed
MOST_REFUSALS = 20  # of a run's results, one after the other: the box has lost them
HEARTBEATS = 4  # in each lease
SETTLES_EVERY_S = 2.0


class Following:
    def __init__(self, calls: Calls, boxes: Boxes, leases: Leases, lease_s: float, seams: Seams) -> None:
        self._calls, self._boxes, self._leases = calls, boxes, leases
        self._lease_s, self._seams = lease_s, seams
        self._looks: dict[str, tuple[Sent, Lease, Future[Any]]] = {}  # by group
        self._pause_until: dict[str, float] = {}
        self._unreleased: dict[Lease, set[str]] = {}  # with the runs that wait for the store
        self._watch = BoxWatch(calls)
        self._settled = 0.0
        self._told: set[str] = set()

    def start(self, sent: Sent, box: Box, lease: Lease) -> None:
        """Have this attempt begun there."""
        sent.box, sent.lease, sent.seen = box, lease, {}
        sent.looked = sent.held = time.monotonic()
        sent.starting = self._calls.asked(
            box, Operation.START, order=sent.next_order(lease.attempt).to_json()
        )

    def awaited(self, at_work: Sequence[Sent]) -> list[Future[Any]]:
        futures: list[Future[Any]] = [look for _, _, look in self._looks.values()]
        for sent in at_work:
            futures += [one for one in (sent.starting, sent.fetching and sent.fetching[1]) if one]
        return futures

    def end(self) -> None:
        """Nothing is looked at any more."""
        self._watch.end()

    def events(self, at_work: Sequence[Sent]) -> Iterator[Event]:
        self._watch.note(at_work)
        for sent in at_work:
            if sent.starting is not None and sent.starting.done():
                yield from self._note_start(sent)
            if sent.fetching is not None and sent.fetching[1].done():
                yield from self._note_fetched(sent)
        yield from self._note_looks()
        for sent in at_work:
            yield from self._keep_lease(sent)
        self._look(at_work)

    def _note_start(self, sent: Sent) -> Iterator[Event]:
        assert sent.starting is not None
        assert sent.box is not None
        error, sent.starting = sent.starting.exception(), None
        if error is None:
            sent.looked = time.monotonic()
            if sent.last_box and sent.last_box != sent.box.name:
                yield GroupMoved(sent.group, sent.box.name, sum(sent.answered.values()))
            sent.last_box, sent.was_taken = sent.box.name, True
            return
        if isinstance(error, Refused):
            if line := self._boxes.note_refusal(sent.box, sent, error):
                self._seams.display.line(line)
            self._give_back(sent)
            return
        # It may have begun all the same.
        sent.last_box = sent.box.name
        yield from self._lose(sent)

    def _look(self, at_work: Sequence[Sent]) -> None:
        """One question at a time about each group, unless its results are under way."""
        now = time.monotonic()
        for sent in at_work:
            group = sent.group.name
            if sent.box is None or sent.lease is None or sent.starting or sent.fetching:
                continue
            if group in self._looks or self._pause_until.get(group, 0.0) > now:
                continue
            sent.box = self._boxes.known.get(sent.box.name, sent.box)  # it may have another address by now
            arguments = {
                "asked": {group: sent.lease.attempt},
                "seen": {group: sent.seen},
                "wait_s": LOOKS_FOR_S,
            }
            within_s, read = LOOKS_FOR_S + ANSWERS_WITHIN_S, partial(read_news, group=group)
            look = self._calls.asked(sent.box, Operation.LOOK, within_s, read=read, **arguments)
            self._looks[group] = sent, sent.lease, look

    def _note_looks(self) -> Iterator[Event]:
        for group, (sent, lease, look) in list(self._looks.items()):
            if not look.done():
                continue
            del self._looks[group]
            if look.exception() is not None:
                self._pause_until[group] = time.monotonic() + PAUSE_S
            elif sent.box is not None and sent.lease == lease:
                yield from self._note_look(sent, look.result())

    def _note_look(self, sent: Sent, news: dict[str, Any]) -> Iterator[Event]:
        sent.looked, sent.seen = time.monotonic(), news
        state = news["state"]
        # Where the box began anew, the next attempt goes on from what lies there.
        if state in (GroupState.UNKNOWN, GroupState.LOST):
            yield from self._lose(sent)
            return
        yield from self._note_runs(sent, news)
        ended = [one for one in news["ended"] if one["id"] in sent.left]
        if ended and sent.fetching is None:
            self._fetch(sent, ended[0]["id"])
        elif state == GroupState.OVER and not ended and sent.fetching is None:
            yield from self._end(sent, str(news.get("error") or "its process is over, and tells no reason"))

    def _note_runs(self, sent: Sent, news: dict[str, Any]) -> Iterator[Event]:
        assert sent.box is not None
        for run_id in (*news["runs"], *(one["id"] for one in news["ended"])):
            if run_id in sent.left and run_id not in sent.begun:
                sent.begun.add(run_id)
                yield RunBegan(sent.left[run_id], sent.box.name)
        for run_id, snapshot in news["runs"].items():
            if run_id in sent.left:
                sent.answered[run_id] = snapshot.get("done") or 0
                yield RunProgress(sent.left[run_id], snapshot_of(snapshot))

    def _fetch(self, sent: Sent, run_id: str) -> None:
        assert sent.box is not None
        folder = sent.left[run_id].folder
        sent.fetching = run_id, self._calls.fetched(sent.box, sent.group.name, run_id, folder)

    def _note_fetched(self, sent: Sent) -> Iterator[Event]:
        assert sent.fetching is not None
        (run_id, fetched), sent.fetching, sent.looked = sent.fetching, None, time.monotonic()
        if sent.box is None or sent.lease is None or run_id not in sent.left:
            return
        news, sent.seen = sent.seen, {}  # so that the next look is answered at once
        error = fetched.exception()
        sent.refusals = sent.refusals + 1 if isinstance(error, Refused) else 0
        if isinstance(error, Refused) and sent.refusals == MOST_REFUSALS:
            sent.refusals = 0
            yield from self._end(sent, error.why)
            return
        if isinstance(error, Nonsense):
            yield from self._end(sent, str(error))
            return
        if error is not None:
            self._note_untaken(sent, run_id, error)
            return
        record = fetched.result()
        told: dict[str, Any] = next((one for one in news.get("ended", ()) if one["id"] == run_id), {})
        if record.get("status") == Status.INTERRUPTED:  # stopped there: it goes on
            yield from self._end(sent, told.get("stopped") or "somebody interrupted it")
            return
        try:
            run = from_record(_of_here(record, sent.left[run_id], sent.box.name))
        except (HistoryError, TypeError, ValueError) as nonsense:
            yield from self._end(sent, f"its record of {run_id} makes no sense: {nonsense}")
            return
        yield from self._note_end(sent, run, machine_wide=bool(told.get("machine_wide")))

    def _note_end(self, sent: Sent, run: Run, *, machine_wide: bool) -> Iterator[Event]:
        """A run is over, and recorded where its lease is still held."""
        assert sent.box is not None
        assert sent.lease is not None
        plan = sent.left[run.id]
        if run.id not in sent.begun:  # noted before it is recorded: a crash between the two is mended then
            sent.begun.add(run.id)
            yield RunBegan(plan, sent.box.name)
        kept = self._leases.append_if_current(run, sent.lease)
        if kept is Kept.REFUSED:
            yield from self._lose(sent)
            return
        if kept is Kept.WAITING:
            sent.unsaved.add(run.id)
        del sent.left[run.id]
        sent.answered.pop(run.id, None)
        sent.lost_at.clear()
        if line := self._boxes.note_end(sent.box.name, run.model, machine_wide=machine_wide):
            self._seams.display.line(line)
        yield RunEnded(plan, EndedRun(run))
        if not sent.left:
            yield from self._end(sent, "")

    def _note_untaken(self, sent: Sent, run_id: str, error: BaseException) -> None:
        """The run's results stay on the box; that is told once."""
        assert sent.box is not None
        self._pause_until[sent.group.name] = time.monotonic() + PAUSE_S
        label = sent.left[run_id].label
        line = f"{label}: its results cannot be taken from {sent.box.name}, which is tried again: {error}"
        if line not in self._told:
            self._told.add(line)
            self._seams.display.line(line)

    def _end(self, sent: Sent, error: str) -> Iterator[Event]:
        """Its process is over; what it left undone is begun again, a few times."""
        assert sent.box is not None
        assert sent.lease is not None
        box, lease = sent.box, sent.lease
        if sent.left:
            sent.ends_early += 1
            yield GroupLost(sent.group, f"{box.name} ({error})")
            if sent.ends_early < MOST_ENDS:
                self._boxes.note_loss(box, sent)
                self._give_back(sent)
                return
            for plan in list(sent.left.values()):
                yield RunBroke(plan, ClusterError(f"{box.name}: {error}"))
            sent.left.clear()
        # A box that does not hear it forgets it at its own end.
        self._calls.stopped(box, sent.group.name, lease.attempt, forget=True)
        self._release(sent, done=True)
        sent.box = None

    def _keep_lease(self, sent: Sent) -> Iterator[Event]:
        if sent.box is None or sent.lease is None:
            return
        now = time.monotonic()
        waits = sent.order.on_lost_box is OnLostBox.WAIT
        sent.looked = max(sent.looked, self._watch.answered_at(sent.lease))
        if now - sent.looked > self._lease_s and not waits and sent.fetching is None:
            yield from self._lose(sent)
            return
        answers = now - sent.looked < self._lease_s / 2 or waits
        if answers and now - sent.held > self._lease_s / HEARTBEATS:
            sent.held = now
            try:
                kept = self._leases.heartbeat(sent.lease, self._lease_s)
            except HistoryError:
                return  # nobody else gets it either while the store is down
            if not kept:
                self._calls.stopped(sent.box, sent.group.name, sent.lease.attempt, forget=False)
                yield from self._lose(sent)

    def _lose(self, sent: Sent) -> Iterator[Event]:
        assert sent.box is not None
        yield GroupLost(sent.group, sent.box.name)
        self._boxes.note_loss(sent.box, sent)
        self._give_back(sent)

    def _give_back(self, sent: Sent) -> None:
        self._release(sent, done=False)
        sent.box = None
        sent.begun.clear()
        sent.not_before = time.monotonic() + PAUSE_S

    def _release(self, sent: Sent, *, done: bool) -> None:
        assert sent.lease is not None
        if not self._has_released(sent.lease, sent.unsaved, done=done) and done:
            self._unreleased[sent.lease] = sent.unsaved
        sent.unsaved = set()

    def _has_released(self, lease: Lease, unsaved: Collection[str], *, done: bool) -> bool:
        """Not while runs of it wait for the store: it takes them for an attempt that is held alone."""
        try:
            if unsaved and not self._has_saved(lease, unsaved):
                self._leases.heartbeat(lease, self._lease_s)
                return False
            self._leases.release(lease, done=done)
        except HistoryError:
            return False
        return True

    def _has_saved(self, lease: Lease, runs: Collection[str]) -> bool:
        known = [one for one in self._leases.groups(lease.group) if one.lease.group == lease.group]
        return bool(known) and set(runs) <= set(known[0].run_ids)

    def settle(self, wait_s: float = 0.0) -> None:
        """Release what could not be released when it ended, and wait for that a while."""
        deadline = time.monotonic() + wait_s
        while self._unreleased and (wait_s or time.monotonic() - self._settled > SETTLES_EVERY_S):
            self._settled = time.monotonic()
            for lease, unsaved in list(self._unreleased.items()):
                if self._has_released(lease, unsaved, done=True):
                    del self._unreleased[lease]
            if not self._unreleased or time.monotonic() >= deadline:
                return
            time.sleep(min(PAUSE_S, max(0.0, deadline - time.monotonic())))


def _of_here(record: dict[str, Any], plan: PlannedRun, box: str) -> dict[str, Any]:
    """As this history holds it: its small files lie here, the others on the box."""
    machine = {**(record.get("machine") or {}), "box": box, "folder": record.get("artifacts")}
    return {**record, "machine": machine, "artifacts": str(plan.folder)}
