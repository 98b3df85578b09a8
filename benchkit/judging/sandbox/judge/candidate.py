"""What a test at arm's length holds: the candidate, and the exchange of values with its process.

Data goes over as data. Iterators are asked item by item. What only lives in the candidate's own process (a
function it returned, an object's attributes, its signature) makes the test run inside, but only where the
test itself asks for such a thing: what a candidate returns never decides where it is judged.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from threading import RLock
from typing import Any, NoReturn

from benchkit.judging.sandbox.judge.conversation import Conversation, ProgramEnded
from benchkit.judging.sandbox.judge.exceptions import RaisedThere, as_exception
from benchkit.judging.sandbox.judge.stand_ins import Exhausted, StandIn, stand_in_for
from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.judging.sandbox.wire import codec, frames
from benchkit.judging.sandbox.wire.replies import raised, value_of
from benchkit.judging.sandbox.wire.values import NOWHERE, is_mutable, pack, unpack, update_in_place
from benchkit.verdict import Verdict

MOST_SHARED = 64  # values of earlier calls that are followed
_ONLY_OURS = 2  # references to a value that the test holds no more: the table's, and the call's that counts

_ADVANCE = ("next", "send")


class CandidateStopped(BaseException):
    """The candidate raised what is no Exception (SystemExit, KeyboardInterrupt…), or its program is over."""


class NeedsInside(BaseException):
    """The test asks for something that only lives in the candidate's own process."""


class Exchange:
    """One test's calls; keeps what went wrong, so that no `except` in the test can hide it."""

    def __init__(
        self, conversation: Conversation, classes: frozenset[str], class_entry: str | None = None
    ) -> None:
        self._conversation = conversation
        self.class_entry = class_entry  # the entry point, where its name is a class's
        self._deadline = conversation.running.deadline
        self._classes = classes  # that the prompt names: their objects are what the test is about
        self._lock = RLock()  # a test may have threads
        self._values: dict[int, Any] = {}
        self._generators: dict[int, tuple[Any, int]] = {}
        self._last = 0
        self.names: dict[str, Any] = {}  # the test's
        self.calls = 0
        self.raised: BaseException | None = None
        self.fault: ProgramStopped | None = None  # the outcome, unless the test expects it
        self.over: ProgramStopped | ProgramEnded | None = None
        self.needs_inside = False

    def move_inside(self) -> NoReturn:
        self.needs_inside = True
        raise NeedsInside

    def call(
        self,
        target: str | tuple[int, str],
        arguments: tuple[Any, ...] = (),
        named: dict[str, Any] | None = None,
    ) -> Any:
        with self._lock:
            if self.over is not None:
                raise CandidateStopped
            self.calls += 1
            try:
                return self._call(target, arguments, named or {})
            except (ProgramStopped, ProgramEnded) as over:
                self.over = over
                raise CandidateStopped from None

    def _call(self, target: str | tuple[int, str], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        forgotten = self._unused_values()
        given = [self._share_argument(value) for value in arguments]
        given_named = {name: self._share_argument(value) for name, value in named.items()}
        result = self._number()
        most = self._conversation.limits.value_bytes
        message = ("share", target, given, given_named, forgotten, result, most)
        reply = self._conversation.ask_for_much(*message, deadline=self._deadline)
        if reply.kind == frames.VALUE:  # written by the program itself: compared like any other
            return value_of(reply.body)
        if reply.kind != frames.SHARED:
            raise raised(reply)
        try:
            changes, status, *details = value_of(reply.body)
            for number, packed in changes.items():
                self._values[number] = update_in_place(self._values[number], self.unpacked(packed))
            if status == "returned":
                return self._returned(result, *details)
            there = RaisedThere.read(details, self.unpacked)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
            raise ProgramStopped(Verdict.ERROR, "wrote to the judge's descriptor what is no reply") from None
        if isinstance(target, tuple) and target[1] in _ADVANCE and there.base == "StopIteration":
            raise Exhausted(*(there.arguments or ()))
        self.fault = there.fault()
        self.raised = as_exception(there, self.names) or CandidateStopped(str(there))
        raise self.raised

    def _returned(self, number: int, packed: Any, known: int | None) -> Any:
        if known is not None:
            return self._values[known]
        value = self.unpacked(packed)
        if is_mutable(value):
            self._values[number] = value
        return value

    def _unused_values(self) -> list[int]:
        """Values that the test does not hold any more, and the oldest of too many."""
        values = self._values
        unused = [number for number in values if sys.getrefcount(values[number]) <= _ONLY_OURS]
        unused = unused or list(values)[:-MOST_SHARED]
        for number in unused:
            del values[number]
        return unused

    def _share_argument(self, value: Any) -> tuple[Any, int | None]:
        """An argument, with the number that it has on both sides where it can be changed."""
        packed = self.packed(value)
        if not is_mutable(value):
            return packed, None
        for number, known in self._values.items():
            if known is value:
                return packed, number
        number = self._number()
        self._values[number] = value
        return packed, number

    def _number(self) -> int:
        self._last += 1
        return self._last

    def packed(self, value: Any) -> Any:
        try:
            return pack(value, self._place_of, depth=1)
        except codec.TooDeep as error:  # no reason to run inside: it may be what the candidate returned
            raise TypeError(f"an argument {error}") from None
        except codec.NotPlain:
            self.move_inside()

    def unpacked(self, packed: Any) -> Any:
        return unpack(packed, self._stand_in)

    def _stand_in(self, payload: tuple[int, str, str]) -> Any:
        place, name, nature = payload
        kind = str(name).removeprefix("builtins.")
        if kind.rpartition(".")[2] in self._classes:
            self.move_inside()
        stand_in = stand_in_for(self, int(place), kind, nature)
        if isinstance(stand_in, Generator):
            self._generators[id(stand_in)] = stand_in, place
        return stand_in

    def _place_of(self, value: Any) -> tuple[int, str, str]:
        """An object of the jail goes back as its place there."""
        if isinstance(value, StandIn):
            place = value.place
        elif id(value) in self._generators:
            place = self._generators[id(value)][1]
        else:
            raise codec.NotPlain(type(value).__qualname__)
        if place == NOWHERE:  # no reason to run inside: the candidate chose to return it
            raise TypeError(f"{value!r}, which cannot be kept, is given back to the candidate")
        return place, "", ""


class CandidateFunction:
    """Called like the function; all else that a function can be asked is answered inside."""

    __doc__ = property(lambda self: self.__getattr__("__doc__"))
    __class__ = property(lambda self: self.__getattr__("__class__"))

    def __init__(self, exchange: Exchange, entry_point: str) -> None:
        self._exchange = exchange
        self._entry_point = entry_point
        self.__name__ = self.__qualname__ = entry_point

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._exchange.call(self._entry_point, arguments, named)

    def __copy__(self, *_: Any) -> CandidateFunction:
        return self  # as of a function

    __deepcopy__ = __copy__

    def __bool__(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        self._exchange.move_inside()

    def _ask_inside(self, *_: Any) -> Any:
        self._exchange.move_inside()

    __instancecheck__ = __subclasscheck__ = __mro_entries__ = _ask_inside
    __getitem__ = __iter__ = __len__ = __contains__ = __or__ = __ror__ = _ask_inside  # of a class
