"""Which boxes there are, what each can take, and how many groups each has."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from benchkit.errors import ClusterError
from benchkit.link.calls import BUSY, Box, Calls, Operation, Refused
from benchkit.running.executors.answers import read_facts, read_refusals
from benchkit.running.executors.base import Group
from benchkit.running.live import BoxNow
from benchkit.running.orders import OnLostBox, Order
from benchkit.running.plan import PlannedRun
from benchkit.telling.history.leases import Lease

ASKS_HEAD_EVERY_S = 1.0
BUSY_FOR_S = 2.0
ASKS_AGAIN_S = 15.0  # a box that begins nothing for now
TRUSTS_AGAIN_S = 600.0  # at most: one that has lost a group again and again
CHECKS_WITHIN_S = 600.0  # scripts check themselves, and may fetch a problem set
ORDERS_AT_ONCE = 100
NO_BOX = "no box has joined: bench_runner.py cluster join on each"
MOST_FAILURES = 3  # of the same box in a row, by faults of the machine: then it gets nothing more


@dataclass(eq=False)
class Sent:
    """A group from its submission to its end."""

    group: Group
    order: Order
    left: dict[str, PlannedRun]  # what is not recorded yet
    box: Box | None = None  # while it is there
    lease: Lease | None = None
    starting: Future[Any] | None = None
    fetching: tuple[str, Future[dict[str, Any]]] | None = None
    looked: float = 0.0  # the last answer about it
    held: float = 0.0  # its last heartbeat in the store
    seen: dict[str, Any] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    unsaved: set[str] = field(default_factory=set)  # runs that wait until the store takes them
    answered: dict[str, int] = field(default_factory=dict)  # by run, on the box that had it last
    last_box: str = ""
    lost_at: Counter[str] = field(default_factory=Counter)  # by box, since a run of it ended
    ends_early: int = 0  # attempts whose process ended before its runs
    refusals: int = 0  # in a row, of the results of a run that has ended
    not_before: float = 0.0
    was_taken: bool = False  # some box can take it

    def next_order(self, attempt: int) -> Order:
        runs = tuple(run for run in self.order.runs if run.id in self.left)
        return replace(self.order, attempt=attempt, runs=runs)

    @cached_property
    def text(self) -> str:
        """The order as it was submitted: each box is asked about it."""
        return self.order.to_json()

    @property
    def stays(self) -> bool:
        """Whether it waits for the box that had it."""
        return bool(self.last_box) and self.order.on_lost_box is OnLostBox.WAIT


@dataclass
class _Asking:
    """A box that is asked about groups, some at a time: all 10,000 at once would fill its memory."""

    about: Sequence[Sent]
    answer: Future[Any]
    left: deque[Sent]


class Boxes:
    """The boxes as the head tells of them, with their answers to each order."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.known: dict[str, Box] = {}  # by name
        self._met: dict[str, tuple[Box, float]] = {}  # all that ever were, with the time of their last sign
        self.set_aside: dict[str, str] = {}  # by name: why it gets nothing more
        self._asked_head = float("-inf")
        self._told_by_head: Future[list[Box]] | None = None
        self._facts: dict[str, Future[Any]] = {}  # by address, as all that follows
        self._unreached: dict[str, str] = {}  # by name: why
        self._asked_about: set[str] = set()  # about the groups, all or some so far
        self._asking: dict[str, _Asking] = {}
        self._refusals: dict[str, dict[str, str]] = defaultdict(dict)  # and by group; empty: it takes it
        self._busy: dict[str, tuple[float, str]] = {}  # until when, and why
        self._again: dict[tuple[str, str], float] = {}  # by box and group: when it may be asked once more
        self._told: set[str] = set()  # refusals
        self._failed: dict[str, set[str]] = defaultdict(set)  # by name: the models that failed in a row

    def refresh(self, groups: Sequence[Sent]) -> None:
        """Ask the head now and then, and a new box about all groups; a head that is gone changes nothing."""
        if self._told_by_head is None:
            if time.monotonic() - self._asked_head > ASKS_HEAD_EVERY_S:
                self._told_by_head, self._asked_head = self._calls.asked_boxes(), time.monotonic()
            return
        if not self._told_by_head.done():
            return
        boxes, self._told_by_head = self._told_by_head, None
        if boxes.exception() is not None:
            return
        self.known = {box.name: box for box in boxes.result()}
        for box in self.known.values():
            before = self._met.get(box.name)
            if before is None or before[0].seen_at != box.seen_at:
                self._met[box.name] = box, time.time()
            if box.address not in self._facts or _failed(self._facts[box.address]):
                self._facts[box.address] = self._calls.asked(box, Operation.FACTS, read=read_facts)
            if box.address not in self._asked_about:
                self._asked_about.add(box.address)
                self._ask(box, deque(groups))

    def _ask(self, box: Box, groups: deque[Sent]) -> None:
        """Whether it takes these groups, of which the first go now."""
        some = [groups.popleft() for _ in range(min(ORDERS_AT_ONCE, len(groups)))]
        orders = [sent.text for sent in some]
        read = partial(read_refusals, count=len(orders))
        answer = self._calls.asked(box, Operation.OFFER, CHECKS_WITHIN_S, read=read, orders=orders)
        self._asking[box.address] = _Asking(some, answer, groups)

    def answers(self) -> list[Future[Any]]:
        """Those that are awaited, or were not taken yet."""
        head = [self._told_by_head] if self._told_by_head is not None else []
        others = [one for one in (*self._facts.values(), *head) if not one.done()]
        return [*(asking.answer for asking in self._asking.values()), *others]

    def take_answers(self) -> None:
        by_address = {box.address: box for box in self.known.values()}
        for address, asking in list(self._asking.items()):
            if not asking.answer.done():
                continue
            del self._asking[address]
            box = by_address.get(address)
            if box is None or not self._has_noted(box, asking.about, asking.answer):
                self._asked_about.discard(address)  # it is asked anew once it is there
            elif asking.left:
                self._ask(box, asking.left)

    def _has_noted(self, box: Box, some: Sequence[Sent], answer: Future[Any]) -> bool:
        """False where the box was not reached."""
        if isinstance(answer.exception(), ClusterError) and not isinstance(answer.exception(), Refused):
            self._unreached[box.name] = str(answer.exception())
            return False
        self._unreached.pop(box.name, None)
        why_not = [str(answer.exception())] * len(some) if answer.exception() else answer.result()
        for sent, why in zip(some, why_not, strict=True):
            self._refusals[box.address][sent.group.name] = why
            sent.was_taken |= not why
        return True

    def note_refusal(self, box: Box, sent: Sent, refused: Refused) -> str:
        """A box does not begin what it could have taken; a line where that is news."""
        now = time.monotonic()
        if refused.why == BUSY:  # somebody else has runs there
            self._busy[box.address] = now + BUSY_FOR_S, "groups of another batch take its room"
            return ""
        if refused.may_pass:
            self._busy[box.address] = now + ASKS_AGAIN_S, refused.why
        else:
            self._again[box.address, sent.group.name] = now + ASKS_AGAIN_S
        news = box.name if refused.may_pass else str(refused)  # how much is free changes
        if news in self._told:
            return ""
        self._told.add(news)
        return f"{refused}: it is asked again every {ASKS_AGAIN_S:.0f} s"

    def note_loss(self, box: Box, sent: Sent) -> None:
        """Once it may have been rebooted; a box that loses the same group again gets it later each time."""
        sent.lost_at[box.name] += 1
        if (times := sent.lost_at[box.name]) > 1:
            pause = min(ASKS_AGAIN_S * 2 ** (times - 2), TRUSTS_AGAIN_S)
            self._again[box.address, sent.group.name] = time.monotonic() + pause

    def free(self, at_work: Iterable[Sent]) -> list[Box]:
        """Boxes that have room for one group more, the emptiest first."""
        load: dict[str, int] = defaultdict(int)
        for sent in at_work:
            if sent.box is not None:
                load[sent.box.name] += 1
        free = [
            box
            for box in self.known.values()
            if load[box.name] < self._slots(box) and not self._why_unused(box)
        ]
        return sorted(free, key=lambda box: load[box.name] / self._slots(box))

    def _slots(self, box: Box) -> int:
        facts = self._facts.get(box.address)
        if facts is None or not facts.done() or facts.exception() is not None:
            return 0
        slots: int = facts.result()["slots"]
        return slots

    def takes(self, box: Box, sent: Sent) -> bool:
        may_again = self._again.get((box.address, sent.group.name), float("-inf"))
        return self._refusals[box.address].get(sent.group.name) == "" and time.monotonic() > may_again

    def why_homeless(self, sent: Sent) -> str:
        """Why no box can take it; empty where one can, or may be able to."""
        if sent.stays and (box := self.known.get(sent.last_box)) is not None:
            why = self._refusals[box.address].get(sent.group.name)
            return f"{box.name}: {why}" if why else ""
        refusals = [
            (box.name, self._refusals[box.address].get(sent.group.name)) for box in self.known.values()
        ]
        if sent.was_taken or any(not why for _, why in refusals):
            return ""
        return "; ".join(f"{name}: {why}" for name, why in refusals) or NO_BOX

    def unreached(self) -> list[str]:
        """A line for each box that the head knows, and that cannot be talked to from here."""
        unheard = [
            f"{box.name} is in the cluster and gets nothing for now: {self._facts[box.address].exception()}"
            for box in self.known.values()
            if box.address in self._facts and _failed(self._facts[box.address])
            if box.name not in self._unreached
        ]
        unreached = [
            f"{name} is in the cluster and cannot be reached from here, so it gets nothing for now: {why}"
            for name, why in self._unreached.items()
        ]
        return sorted((*unheard, *unreached))

    def differences(self) -> list[str]:
        """What the boxes have in different versions: a line for each."""
        facts_by_box = {
            box.name: self._facts[box.address].result()
            for box in self.known.values()
            if box.address in self._facts and not self._facts[box.address].exception()
        }
        kinds = sorted({kind for facts in facts_by_box.values() for kind in facts["engines"]})
        versions = {"bench_runner": {name: facts["version"] for name, facts in facts_by_box.items()}}
        versions |= {
            kind: {name: facts["engines"].get(kind) for name, facts in facts_by_box.items()} for kind in kinds
        }
        lines = []
        for what, by_box in versions.items():
            there = {name: version for name, version in by_box.items() if version}
            if len(set(there.values())) > 1:
                named = ", ".join(f"{name} {version}" for name, version in there.items())
                lines.append(f"other builds of {what} may answer otherwise: {named}")
        return lines

    def now(self, at_work: Iterable[Sent]) -> tuple[BoxNow, ...]:
        """All that were ever there, as onlookers see them."""
        models: dict[str, list[str]] = defaultdict(list)
        for sent in at_work:
            if sent.box is not None:
                models[sent.box.name].append(sent.order.model)
        return tuple(
            self._seen(box, heard_at, models[name]) for name, (box, heard_at) in sorted(self._met.items())
        )

    def _seen(self, box: Box, heard_at: float, models: Sequence[str]) -> BoxNow:
        facts = self._facts.get(box.address)
        known = facts.result() if facts is not None and facts.done() and not facts.exception() else {}
        engines = known.get("engines", {}).items()
        return BoxNow(
            name=box.name,
            gpus=tuple(known.get("gpus", ())),
            vram_mb=known.get("machine", {}).get("vram_mb"),
            engines=tuple(f"{kind} {version}" for kind, version in engines if version),
            at_work=tuple(models),
            is_there=box.name in self.known,
            why_unused=self._why_unused(box),
            heard_at=round(heard_at, 3),
        )

    def _why_unused(self, box: Box) -> str:
        """Empty where it may get groups now."""
        until, why = self._busy.get(box.address, (float("-inf"), ""))
        return self.set_aside.get(box.name) or (why if time.monotonic() <= until else "")

    def note_end(self, box: str, model: str, *, machine_wide: bool) -> str:
        """Count faults of a machine; a line where it gets nothing more."""
        if not machine_wide:
            self._failed.pop(box, None)
            return ""
        self._failed[box].add(model)
        if len(self._failed[box]) < MOST_FAILURES or box in self.set_aside:
            return ""
        why = f"{MOST_FAILURES} models in a row failed on {box} by faults of that machine: it gets no more"
        self.set_aside[box] = why
        return why


def _failed(answer: Future[Any]) -> bool:
    return answer.done() and answer.exception() is not None
