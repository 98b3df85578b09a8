"""What a test at arm's length holds: the candidate, and what stands for objects that stay in the jail.

Data goes over as data. Iterators are asked item by item. What only lives in the candidate's own process (a
function it returned, an object's attributes, its signature) makes the test run inside, but only where the
test itself asks for such a thing: what a candidate returns never decides where it is judged.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from threading import RLock
from typing import Any, NoReturn

from benchkit.judging.sandbox.base import Opaque
from benchkit.judging.sandbox.judge.conversation import Conversation, Gone
from benchkit.judging.sandbox.judge.exceptions import RaisedThere, as_exception
from benchkit.judging.sandbox.over import Over
from benchkit.judging.sandbox.wire import codec, frames
from benchkit.judging.sandbox.wire.replies import raised, value_of
from benchkit.judging.sandbox.wire.values import NOWHERE, is_mutable, mend, pack, unpack
from benchkit.verdict import Verdict

MOST_SHARED = 64  # values of earlier calls that are followed
_ONLY_OURS = 2  # references to a value that the test holds no more: the table's, and the call's that counts

# What a plain value may be asked for: an object that has not got it is answered as one.
PLAIN_ATTRIBUTES = frozenset(
    name
    for kind in (int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, type(None))
    for name in dir(kind)
)


_ADVANCE = ("next", "send")


class CandidateStopped(BaseException):
    """The candidate raised what is no Exception (SystemExit, KeyboardInterrupt…), or its program is over."""


class NeedsInside(BaseException):
    """The test asks for something that only lives in the candidate's own process."""


class Ended(Exception):
    """An iterator has no more items; its argument is what a generator returned."""


class Exchange:
    """One test's calls; keeps what went wrong, so that no `except` in the test can hide it."""

    def __init__(
        self, conversation: Conversation, classes: frozenset[str], class_entry: str | None = None
    ) -> None:
        self._conversation = conversation
        self.class_entry = class_entry  # the entry point, where its name is a class's
        self._deadline = conversation.running.deadline
        self._classes = classes  # that the prompt speaks of: their objects are what the test is about
        self._lock = RLock()  # a test may have threads
        self._values: dict[int, Any] = {}
        self._generators: dict[int, tuple[Any, int]] = {}
        self._last = 0
        self.names: dict[str, Any] = {}  # the test's
        self.calls = 0
        self.raised: BaseException | None = None
        self.fault: Over | None = None  # what it comes to, should nobody expect it
        self.over: Over | Gone | None = None
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
            except (Over, Gone) as over:
                self.over = over
                raise CandidateStopped from None

    def _call(self, target: str | tuple[int, str], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        forgotten = self._forgotten()
        given = [self._given(value) for value in arguments]
        given_named = {name: self._given(value) for name, value in named.items()}
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
                self._values[number] = mend(self._values[number], self.unpacked(packed))
            if status == "returned":
                return self._returned(result, *details)
            there = RaisedThere.read(details, self.unpacked)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
            raise Over(Verdict.ERROR, "wrote to the judge's descriptor what is no reply") from None
        if isinstance(target, tuple) and target[1] in _ADVANCE and there.base == "StopIteration":
            raise Ended(*(there.arguments or ()))
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

    def _forgotten(self) -> list[int]:
        """Values that nobody here holds any more, and the oldest of too many."""
        values = self._values
        found = [number for number in values if sys.getrefcount(values[number]) <= _ONLY_OURS]
        found = found or list(values)[:-MOST_SHARED]
        for number in found:
            del values[number]
        return found

    def _given(self, value: Any) -> tuple[Any, int | None]:
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
        found = _NATURES.get(nature, Elsewhere)(self, int(place), kind)
        if isinstance(found, Generator):
            self._generators[id(found)] = found, place
        return found

    def _place_of(self, value: Any) -> tuple[int, str, str]:
        """An object of the jail goes back as its place there."""
        if isinstance(value, Elsewhere):
            place = value.place
        elif id(value) in self._generators:
            place = self._generators[id(value)][1]
        else:
            raise codec.NotPlain(type(value).__qualname__)
        if place == NOWHERE:  # no reason to run inside: the candidate chose to return it
            raise TypeError(f"{value!r}, which cannot be kept, is given back to the candidate")
        return place, "", ""


class Candidate:
    """Called like the function; all else that a function can be asked is answered inside."""

    __doc__ = property(lambda self: self.__getattr__("__doc__"))
    __class__ = property(lambda self: self.__getattr__("__class__"))

    def __init__(self, exchange: Exchange, entry_point: str) -> None:
        self._exchange = exchange
        self._entry_point = entry_point
        self.__name__ = self.__qualname__ = entry_point

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._exchange.call(self._entry_point, arguments, named)

    def __copy__(self, *_: Any) -> Candidate:
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


def _with_another(operation: str, otherwise: Callable[..., Any] = lambda *_: NotImplemented) -> Any:
    def method(self: Elsewhere, other: object) -> Any:
        both = isinstance(other, Elsewhere) and NOWHERE not in (self.place, other.place)
        return self._ask(operation, other) if both else otherwise(self, other)

    return method


class Elsewhere(Opaque):
    """An object in the jail. It equals nothing, and what no plain value can be asked is asked inside."""

    def __init__(self, exchange: Exchange, place: int, what: str) -> None:
        super().__init__(what)
        self._exchange = exchange
        self.place = place

    def __getattr__(self, name: str) -> Any:
        special = name.startswith("__") and name.endswith("__")
        if special or (name in PLAIN_ATTRIBUTES and not self._is_of_the_entry()):
            raise AttributeError(f"{self.what!r} object has no attribute {name!r}")
        self._exchange.move_inside()

    def _is_of_the_entry(self) -> bool:
        """Whether the test was given a class, as the entry point's own name says, and this is of it."""
        return self.what.rpartition(".")[2] == self._exchange.class_entry

    def _ask_inside(self, *_: Any) -> Any:
        self._exchange.move_inside()

    def _ask(self, operation: str, *others: Any) -> Any:
        if self.place == NOWHERE:
            raise TypeError(f"{self.what}, of which nothing more can be told")
        return self._exchange.call((self.place, operation), others)

    def __str__(self) -> str:
        return str(self._ask("str"))

    def __repr__(self) -> str:
        return str(self._ask("repr"))

    def __len__(self) -> int:
        return int(self._ask("len"))

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: Any) -> Any:
        return self._ask("getitem", key)

    __iter__: Any = None  # not by __getitem__: a range of a thousand million numbers is no list

    # Of two objects of the candidate's own it says itself how they compare and add up. What the test
    # expects is never shown to it: an object could say that it equals that.
    __hash__ = Opaque.__hash__
    __eq__ = _with_another("eq", lambda *_: False)
    __ne__ = _with_another("ne", lambda *_: True)
    __lt__, __le__, __gt__, __ge__ = map(_with_another, ("lt", "le", "gt", "ge"))
    __add__, __sub__, __mul__ = map(_with_another, ("add", "sub", "mul"))

    __enter__ = __exit__ = __aenter__ = __aexit__ = __aiter__ = __await__ = _ask_inside


class Function(Elsewhere):
    """A function that was returned, or an object that can be called."""

    __call__ = Elsewhere._ask_inside


class Items(Elsewhere):
    """What can be gone through, each time from its start."""

    def __iter__(self) -> Iterator[Any]:
        found: Iterator[Any] = iter(self._exchange.call((self.place, "iter")))
        return found


class Advancing(Elsewhere):
    """An iterator."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return _advanced(self._exchange, self.place, None)


def _advanced(exchange: Exchange, place: int, sent: Any) -> Any:
    try:
        return exchange.call((place, "next")) if sent is None else exchange.call((place, "send"), (sent,))
    except Ended as end:
        raise StopIteration(*end.args) from None


def _generator(exchange: Exchange, place: int, _what: str) -> Generator[Any, Any, Any]:
    sent = None
    while True:
        try:
            item = _advanced(exchange, place, sent)
        except StopIteration as end:
            return end.value
        try:
            sent = yield item
        except Exception:  # thrown in by the test, for the candidate to catch
            exchange.move_inside()


async def _coroutine(exchange: Exchange, _place: int, _what: str) -> Any:
    exchange.move_inside()


_NATURES: dict[str, Callable[[Exchange, int, str], Any]] = {
    "function": Function,
    "items": Items,
    "iterator": Advancing,
    "generator": _generator,
    "coroutine": _coroutine,
}
