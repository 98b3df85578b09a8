"""Groups of runs on the boxes of a cluster: sent, followed, and noted as if they were done here.

What a box tells of its runs goes into live files of this machine, so that `status` and the page show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from benchkit.errors import Interrupted
from benchkit.running.batch.keeper import Due, Keeper
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.options import BatchOptions
from benchkit.running.batch.state import boxes_path
from benchkit.running.executors import (
    BatchStopped,
    BoxesSeen,
    Cluster,
    Event,
    Group,
    GroupHomeless,
    GroupLost,
    GroupMoved,
    GroupSent,
    RunBegan,
    RunBroke,
    RunEnded,
    RunProgress,
    Seams,
    open_executor,
)
from benchkit.running.executors.own_leases import history_of, leases_of
from benchkit.running.live import Publisher, Snapshot
from benchkit.running.live.boxes import removed_in_the_end, write_boxes
from benchkit.running.live.look import live_folder
from benchkit.running.orders import group_name
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.work import announcement_of
from benchkit.telling.history import open_store
from benchkit.terminal import counted, printable


def run_on_boxes(
    groups: Sequence[Sequence[Due]], keeper: Keeper, ledger: Ledger, options: BatchOptions
) -> None:
    """Until each group has ended somewhere, or can run nowhere."""
    assert options.cluster is not None
    if not groups:
        return
    leases = leases_of(open_store(options.history))
    cluster = Cluster(options.cluster, leases, options.on_lost_box)
    executor = open_executor("dask", Seams(keeper.display, keeper.may_start, lambda: None, cluster))
    boxes_file = boxes_path(options.history)
    following = _Following(keeper, ledger, history_of(leases), boxes_file)
    with removed_in_the_end(boxes_file), closing(executor.events()) as events, following.publishers():
        for due in groups:
            executor.submit(following.group(due))
        try:
            for event in events:
                following.note(event)
        except (BatchStopped, Interrupted):
            events.close()
            following.pause_all()
            raise


class _Following:
    """What is noted of each run: a keeper for each group, for only one of its runs is at work at a time."""

    def __init__(self, keeper: Keeper, ledger: Ledger, history: str, boxes: Path) -> None:
        self._keeper, self._ledger = keeper, ledger
        self._history, self._boxes = history, boxes
        self._keepers: dict[str, Keeper] = {}  # by run id
        self._publishers: dict[str, Publisher] = {}
        self._plans: list[PlannedRun] = []
        self._on: dict[type[Event], Callable[..., None]] = {
            GroupSent: self._send,
            RunBegan: self._begin,
            RunProgress: self._show,
            RunEnded: self._end,
            RunBroke: self._break,
            GroupLost: self._lose,
            GroupMoved: self._move,
            GroupHomeless: self._skip,
            BoxesSeen: self._see,
        }

    def group(self, due: Sequence[Due]) -> Group:
        plans = tuple(self._keeper.planned(one) for one in due)
        own = self._keeper.for_work_beside()
        self._keepers |= {plan.id: own for plan in plans}
        self._plans += plans
        states = [self._ledger.state(one.entry) for one in due]
        recorded = [state.run_id or "" for state in states if self._ledger.run_of(state)]
        begun = [state.box for state in states if state.box and not state.over]
        name = group_name(plans, [one.entry.key for one in due], recorded, self._history)
        return Group(name, plans, begun[-1] if begun else "")

    @contextmanager
    def publishers(self) -> Iterator[None]:
        try:
            yield
        finally:
            for publisher in self._publishers.values():
                publisher.close()

    def note(self, event: Event) -> None:
        self._on[type(event)](event)

    def pause_all(self) -> None:
        for plan in self._plans:
            self._keepers[plan.id].pause(plan)

    def _send(self, event: GroupSent) -> None:
        for plan in event.group.plans:
            self._keepers[plan.id].send(plan, event.box)

    def _begin(self, event: RunBegan) -> None:
        plan = event.plan
        self._keepers[plan.id].begin(plan, event.box)
        announcement = replace(announcement_of(plan), box=event.box)
        self._close(plan)
        self._publishers[plan.id] = Publisher(announcement, live_folder())

    def _show(self, event: RunProgress) -> None:
        self._keeper.display.progress(event.plan.label, event.snapshot)
        if event.plan.id in self._publishers:
            self._publishers[event.plan.id].publish(event.snapshot)

    def _end(self, event: RunEnded) -> None:
        if event.plan.id in self._publishers:
            self._publishers[event.plan.id].publish(Snapshot(event.ended.run.status.value))
        self._close(event.plan)
        self._keepers[event.plan.id].note(event.ended)

    def _break(self, event: RunBroke) -> None:
        self._close(event.plan)
        self._keepers[event.plan.id].note_broken(event.plan, event.error)

    def _lose(self, event: GroupLost) -> None:
        self._tell(event.group, f"its box is lost, or has lost it: {event.box}")
        for plan in event.group.plans:
            self._close(plan)
            self._keepers[plan.id].pause(plan)

    def _move(self, event: GroupMoved) -> None:
        again = (
            f", {counted(event.asked_again, 'answer is', 'answers are')} asked again"
            if event.asked_again
            else ""
        )
        self._tell(event.group, f"{event.box} begins it anew{again}")

    def _skip(self, event: GroupHomeless) -> None:
        for plan in event.group.plans:
            self._keeper.skip(plan, event.why)
        self._tell(event.group, event.why)

    def _see(self, event: BoxesSeen) -> None:
        write_boxes(self._boxes, event.boxes)

    def _tell(self, group: Group, what: str) -> None:
        line = printable(f"{group.plans[0].name}: {what}")
        self._ledger.moves.append(line)
        self._keeper.display.line(line)

    def _close(self, plan: PlannedRun) -> None:
        publisher = self._publishers.pop(plan.id, None)
        if publisher is not None:
            publisher.close()
