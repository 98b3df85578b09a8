"""Which boxes are asked about which groups, and those that begin nothing for now."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchkit.errors import ClusterError
from benchkit.link.calls import BUSY, Box, Calls, Operation, Refused
from benchkit.running.batch import disk_space
from benchkit.running.boxes import groups
from benchkit.running.boxes.inventory import Inventory
from benchkit.running.executors import sending
from benchkit.running.executors.dask import best_of
from benchkit.running.executors.sending import (
    ASKS_AGAIN_S,
    ASKS_HEAD_EVERY_S,
    BUSY_FOR_S,
    ORDERS_AT_ONCE,
    Boxes,
    Sent,
)
from benchkit.running.orders import OnLostBox, Order

BOX = Box("alpha", "tls://10.0.0.1:1")


class Hands:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(sending, "time", hands)
    return hands


def sent(name: str) -> Sent:
    return cast("Sent", SimpleNamespace(group=SimpleNamespace(name=name)))


def boxes_that_took(*groups_taken: Sent) -> Boxes:
    """One box of one slot, which would take all of these."""

    class OfOneSlot(Boxes):
        def _slots(self, box: Box) -> int:
            assert box == BOX
            return 1

    boxes = OfOneSlot(cast("Calls", None))
    boxes.known = {BOX.name: BOX}
    boxes._refusals[BOX.address] = {one.group.name: "" for one in groups_taken}
    return boxes


@pytest.mark.parametrize(
    ("why", "seconds", "line"),
    [(BUSY, BUSY_FOR_S, ""), ("only 3 MB are free", ASKS_AGAIN_S, "alpha: only 3 MB are free: it is asked")],
)
def test_a_box_that_takes_nothing_for_now_gets_nothing_for_a_while(
    why: str, seconds: float, line: str, clock: Hands
) -> None:
    """Whether others have runs there or its disk is full; the latter is told, once."""
    boxes = boxes_that_took(sent("a"))
    assert boxes.free(()) == [BOX]
    assert boxes.note_refusal(BOX, sent("a"), Refused(why, BOX.name, may_pass=True)).startswith(line)
    assert boxes.free(()) == []
    clock.now += seconds + 0.1
    assert boxes.free(()) == [BOX]
    assert boxes.note_refusal(BOX, sent("a"), Refused(why.replace("3", "2"), BOX.name, may_pass=True)) == ""


def test_a_group_that_its_box_refuses_to_begin_is_offered_to_it_again(clock: Hands) -> None:
    """It had said yes: under `wait` the group would else wait for ever, as for VRAM that is free again."""
    mine, other = sent("mine"), sent("other")
    boxes = boxes_that_took(mine, other)
    line = boxes.note_refusal(BOX, mine, Refused("it needs 9 MB, and 3 MB are free", BOX.name))
    assert line == "alpha: it needs 9 MB, and 3 MB are free: it is asked again every 15 s"
    assert (boxes.takes(BOX, mine), boxes.takes(BOX, other)) == (False, True)
    clock.now += ASKS_AGAIN_S + 0.1
    assert boxes.takes(BOX, mine)


def test_a_box_that_loses_a_group_again_and_again_gets_it_later_each_time(clock: Hands) -> None:
    """Once it may have been rebooted. It got the group at once, for ever, while another box stood idle."""
    mine, other = losing("mine"), losing("other")
    boxes = boxes_that_took(mine, other)
    for pause in (0.0, ASKS_AGAIN_S, 2 * ASKS_AGAIN_S, 4 * ASKS_AGAIN_S):
        boxes.note_loss(BOX, mine)
        clock.now += pause - 0.1 if pause else 0.1
        assert boxes.takes(BOX, mine) is not bool(pause)
        assert boxes.takes(BOX, other)
        clock.now += 0.2
        assert boxes.takes(BOX, mine)


def test_a_group_that_its_box_has_lost_twice_goes_to_another_one() -> None:
    """Before, it goes back to where its journal lies."""
    mine, others = losing("mine"), Box("beta", "tls://10.0.0.2:1")
    mine.last_box = BOX.name
    for times, best in ((0, BOX), (1, BOX), (2, others)):
        mine.lost_at[BOX.name] = times
        assert best_of([others, BOX], mine) == best
    assert best_of([BOX], mine) == BOX


def losing(name: str) -> Sent:
    return cast("Sent", SimpleNamespace(**vars(sent(name)), last_box="", lost_at=Counter()))


def test_a_box_with_a_full_disk_begins_no_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that this may pass, so that nothing fails for it."""
    monkeypatch.setattr(groups, "refusal", lambda *_: "")
    monkeypatch.setattr(disk_space, "ENOUGH_BYTES", 1 << 60)
    inventory = Inventory("alpha", {}, (), {}, {})
    order = Order("group", 1, OnLostBox.MOVE, 20.0, "0" * 64, "m", ())
    with pytest.raises(Refused, match=r"only [\d,]+ MB are free for .*runs") as refused:
        groups.Groups(inventory, tmp_path / "runs").start(order.to_json())
    assert refused.value.may_pass


@pytest.mark.parametrize(
    ("known", "refusal", "why"),
    [
        ({}, "", ""),
        ({BOX.name: BOX}, "", ""),
        ({BOX.name: BOX}, "it has no file of m", "alpha: it has no file of m"),
    ],
)
def test_a_group_waits_for_its_box_unless_that_is_back_and_cannot_take_it(
    known: dict[str, Box], refusal: str, why: str
) -> None:
    """Under `wait` no other box may have it: the batch would never end, without a word."""
    mine = cast("Sent", SimpleNamespace(**vars(sent("mine")), stays=True, was_taken=True, last_box=BOX.name))
    boxes = boxes_that_took(mine)
    boxes.known = known
    boxes._refusals[BOX.address]["mine"] = refusal
    assert boxes.why_homeless(mine) == why


class OneBox:
    """The head tells of one box, whose answers come when the test lets them come."""

    def __init__(self) -> None:
        self.there = [BOX]
        self.asked_about: list[tuple[list[str], Future[Any]]] = []

    def asked_boxes(self) -> Future[list[Box]]:
        return _answered(self.there)

    def asked(self, _box: Box, operation: str, _within_s: float = 0.0, **arguments: Any) -> Future[Any]:
        if operation == Operation.FACTS:
            return _answered({"slots": 1, "engines": {}})
        answer: Future[Any] = Future()
        self.asked_about.append((arguments["orders"], answer))
        return answer


def _answered(value: Any) -> Future[Any]:
    answer: Future[Any] = Future()
    answer.set_result(value)
    return answer


def _refreshed(boxes: Boxes, groups: list[Sent], clock: Hands) -> None:
    clock.now += ASKS_HEAD_EVERY_S + 0.1
    boxes.refresh(groups)
    boxes.refresh(groups)
    boxes.take_answers()


def _many(count: int) -> list[Sent]:
    facts = {"was_taken": False, "stays": False}
    return [
        cast("Sent", SimpleNamespace(**vars(sent(f"g{n}")), text=f"order {n}", **facts)) for n in range(count)
    ]


def test_a_box_is_asked_about_many_groups_some_at_a_time(clock: Hands) -> None:
    """So that never more than some hundred orders are in memory for it; in the end it was asked about all."""
    calls, groups = OneBox(), _many(2 * ORDERS_AT_ONCE + 1)
    boxes = Boxes(cast("Calls", calls))
    _refreshed(boxes, groups, clock)
    sizes: list[int] = []
    while boxes.answers():
        ((orders, answer),) = calls.asked_about[len(sizes) :]
        sizes.append(len(orders))
        answer.set_result([""] * len(orders))
        boxes.take_answers()
    assert sizes == [ORDERS_AT_ONCE, ORDERS_AT_ONCE, 1]
    assert all(boxes.takes(BOX, one) for one in groups)
    _refreshed(boxes, groups, clock)
    assert len(calls.asked_about) == 3, "it has answered about all of them"


def test_a_box_that_is_lost_meanwhile_is_asked_anew_once_it_is_there(clock: Hands) -> None:
    """Whether it did not answer, or its answer came when the head knew it no more."""
    calls, groups = OneBox(), _many(ORDERS_AT_ONCE + 1)
    boxes = Boxes(cast("Calls", calls))
    _refreshed(boxes, groups, clock)
    calls.asked_about[0][1].set_exception(ClusterError("it does not answer"))
    boxes.take_answers()
    assert boxes.why_homeless(groups[0]) == "", "nobody knows yet"
    (told,) = boxes.unreached()
    assert told.startswith(f"{BOX.name} is in the cluster and cannot be reached from here")
    assert told.endswith(": it does not answer")
    _refreshed(boxes, groups, clock)
    calls.there = []
    _refreshed(boxes, groups, clock)
    calls.asked_about[1][1].set_result([""] * ORDERS_AT_ONCE)
    boxes.take_answers()
    calls.there = [BOX]
    _refreshed(boxes, groups, clock)
    assert [len(orders) for orders, _ in calls.asked_about] == [ORDERS_AT_ONCE] * 3
    calls.asked_about[2][1].set_result([""] * ORDERS_AT_ONCE)
    boxes.take_answers()
    assert boxes.unreached() == []
