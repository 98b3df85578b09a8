"""Boxes that begin nothing for now."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from benchkit.link.calls import BUSY, Box, Calls, Refused
from benchkit.running.batch import disk_space
from benchkit.running.boxes import groups
from benchkit.running.boxes.inventory import Inventory
from benchkit.running.executors import sending
from benchkit.running.executors.sending import ASKS_AGAIN_S, BUSY_FOR_S, Boxes, Sent
from benchkit.running.orders import OnLostBox, Order

BOX = Box("alpha", "tls://10.0.0.1:1")


class Hands:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
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
    boxes._refusals = {(BOX.address, one.group.name): "" for one in groups_taken}
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
    boxes._refusals[BOX.address, "mine"] = refusal
    assert boxes.why_homeless(mine) == why
