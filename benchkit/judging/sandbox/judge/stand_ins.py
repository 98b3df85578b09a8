"""What stands in a test for objects of the candidate that stay in the jail."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import lru_cache
from typing import Any, NoReturn, Protocol

from benchkit.judging.sandbox.base import Opaque
from benchkit.judging.sandbox.wire.values import NOWHERE

# What a plain value may be asked for: an object that has not got it is answered as one.
PLAIN_ATTRIBUTES = frozenset(
    name
    for kind in (int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, type(None))
    for name in dir(kind)
)


class Exhausted(Exception):
    """An iterator has no more items; its argument is what a generator returned."""


class Caller(Protocol):
    """What asks the jail for an object."""

    # The entry point, where its name is a class's.
    class_entry: str | None

    # The result of an operation of the object at this place.
    def call(self, target: tuple[int, str], arguments: tuple[Any, ...] = ()) -> Any: ...

    # The test is run again in the candidate's own process.
    def move_inside(self) -> NoReturn: ...


def _with_another(operation: str, otherwise: Callable[..., Any] = lambda *_: NotImplemented) -> Any:
    def method(self: StandIn, other: object) -> Any:
        both = isinstance(other, StandIn) and NOWHERE not in (self.place, other.place)
        return self._ask(operation, other) if both else otherwise(self, other)

    return method


class StandIn(Opaque):
    """Stands for an object in the jail. It equals nothing; what no plain value offers is asked inside."""

    def __init__(self, exchange: Caller, place: int, what: str) -> None:
        super().__init__(what)
        self._exchange = exchange
        self.place = place

    def __getattr__(self, name: str) -> Any:
        special = name.startswith("__") and name.endswith("__")
        if special or (name in PLAIN_ATTRIBUTES and not self._is_of_the_entry()):
            raise AttributeError(f"{self.what!r} object has no attribute {name!r}")
        self._exchange.move_inside()

    def _is_of_the_entry(self) -> bool:
        """Whether the entry point is a class by its name, and this object is of it."""
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

    # How two objects of the candidate's own compare and add up is decided by themselves. What the test
    # expects is never shown to them: an object could claim to equal it.
    __hash__ = Opaque.__hash__
    __eq__ = _with_another("eq", lambda *_: False)
    __ne__ = _with_another("ne", lambda *_: True)
    __lt__, __le__, __gt__, __ge__ = map(_with_another, ("lt", "le", "gt", "ge"))
    __add__, __sub__, __mul__ = map(_with_another, ("add", "sub", "mul"))

    __enter__ = __exit__ = __aenter__ = __aexit__ = __aiter__ = __await__ = _ask_inside


class FunctionStandIn(StandIn):
    """A function that was returned, or an object that can be called."""

    __call__ = StandIn._ask_inside


class IterableStandIn(StandIn):
    """An object that can be iterated, each time from its start."""

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = iter(self._exchange.call((self.place, "iter")))
        return iterator


class IteratorStandIn(StandIn):
    """An iterator."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return _advance(self._exchange, self.place, None)


def _advance(exchange: Caller, place: int, sent: Any) -> Any:
    try:
        return exchange.call((place, "next")) if sent is None else exchange.call((place, "send"), (sent,))
    except Exhausted as end:
        raise StopIteration(*end.args) from None


def _generator(exchange: Caller, place: int, _what: str) -> Generator[Any, Any, Any]:
    sent = None
    while True:
        try:
            item = _advance(exchange, place, sent)
        except StopIteration as end:
            return end.value
        try:
            sent = yield item
        except Exception:  # thrown in by the test, for the candidate to catch
            exchange.move_inside()


async def _coroutine(exchange: Caller, _place: int, _what: str) -> Any:
    exchange.move_inside()


_NATURES: dict[str, Callable[[Caller, int, str], Any]] = {
    "function": FunctionStandIn,
    "items": IterableStandIn,
    "iterator": IteratorStandIn,
    "generator": _generator,
    "coroutine": _coroutine,
}


def stand_in_for(exchange: Caller, place: int, what: str, nature: str) -> Any:
    """Of an object at a place in the jail; its class has the name of the object's own."""
    make = _NATURES.get(nature, StandIn)
    name = what.rpartition(".")[2]
    if isinstance(make, type) and name.isidentifier():
        make = _named(make, name)
    return make(exchange, place, what)


@lru_cache(maxsize=64)
def _named(make: type[StandIn], name: str) -> type[StandIn]:
    return type(name, (make,), {})
