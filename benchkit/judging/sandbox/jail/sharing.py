"""The program's side of a test at arm's length: calls whose arguments and results both sides share.

What a test hands over and gets back has a number. After each call the judge is told which of the numbered
values have changed; an object that is no data stays here and is known by its place.
"""

from __future__ import annotations

import marshal
import operator
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from benchkit.judging.sandbox.wire.values import NOWHERE, TAG, is_mutable, pack, unpack, update_in_place

_CHANGED_AT_MOST = 1 << 20  # bytes of a value that is looked at again after each call
_RAISED_AT_MOST = 64 << 10


class SharedValues:
    """All values that a test and its candidate share."""

    def __init__(self) -> None:
        self.values: dict[int, Any] = {}
        self.known: dict[int, bytes] = {}  # as the judge last received them
        self.objects: list[Any] = []
        self.places: dict[int, int] = {}

    def drop_values(self, numbers: list[int]) -> None:
        for number in numbers:
            self.values.pop(number, None)
            self.known.pop(number, None)

    def receive(self, packed: Any, number: int | None) -> Any:
        """An argument: the very object where the judge gives back one that is known."""
        value = unpack(packed, self._restore_kept)
        if number is None:
            return value
        if number in self.values:
            value = update_in_place(self.values[number], value)
        self._share(number, value)
        return value

    def returned(self, value: Any, number: int) -> tuple[Any, int | None]:
        """The packed result, or the number of the known value that it is."""
        for known, shared in self.values.items():
            if shared is value:
                return None, known
        if is_mutable(value):
            self._share(number, value)
        return self.pack(value), None

    def changes(self) -> dict[int, Any]:
        """The values that changed since the judge last received them."""
        changed = {}
        for number, value in self.values.items():
            packed = self.pack(value)
            now = marshal.dumps(packed, 2)
            if now != self.known[number]:
                changed[number], self.known[number] = packed, now
        return changed

    def encoded(self, reply: tuple[Any, ...], most: int) -> bytes:
        """A reply, after the values that changed."""
        with suppress(BaseException):  # too little memory
            body = marshal.dumps((self.changes(), *reply), 2)
            if len(body) <= most:
                return body
        return marshal.dumps(({}, "returned", pack_text(f"a value of more than {most} bytes"), None), 2)

    def _share(self, number: int, value: Any) -> None:
        now = marshal.dumps(self.pack(value), 2)
        if len(now) <= _CHANGED_AT_MOST:
            self.values[number], self.known[number] = value, now

    def pack(self, value: Any) -> Any:
        try:
            return pack(value, self.keep)
        except BaseException:  # of the program's own making, or nested too deep
            return pack_text(type(value).__name__)

    def keep(self, value: Any) -> tuple[int, str, str]:
        """Where the object is, its type's name, and what can be done with it from afar."""
        place = self.places.get(id(value))
        if place is None:
            place = self.places[id(value)] = len(self.objects)
            self.objects.append(value)
        return place, f"{type(value).__module__}.{type(value).__qualname__}", _nature(value)

    def _restore_kept(self, payload: tuple[int, str, str]) -> Any:
        return self.objects[payload[0]]

    def find(self, place: int, operation: str) -> Callable[..., Any]:
        """What a test does with a kept object, as a function of the other operands."""
        kept = self.objects[place]
        return lambda *others: _OPERATIONS[operation](kept, *others)

    def raised(self, error: BaseException) -> tuple[Any, ...]:
        """Arguments and attributes of an exception, where they are data and not too much of it."""
        try:
            facts = self.pack(tuple(error.args)), self.pack(dict(vars(error)))
        except BaseException:  # its attributes are the program's own
            return ()
        return facts if len(marshal.dumps(facts, 2)) <= _RAISED_AT_MOST else ()


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "next": next,
    "send": lambda kept, sent: kept.send(sent),
    "iter": iter,
    "str": str,
    "repr": repr,
    "len": len,
    **{
        name: getattr(operator, name)
        for name in ("getitem", "add", "sub", "mul", "eq", "ne", "lt", "le", "gt", "ge")
    },
}


def pack_text(text: str) -> Any:
    """What stands for a value that cannot be encoded."""
    return (TAG, "object", (NOWHERE, text[:300], ""))


def _nature(value: Any) -> str:
    kind = type(value)
    if kind is types.GeneratorType:
        return "generator"
    if hasattr(kind, "__next__"):
        return "iterator"
    if kind is types.CoroutineType:
        return "coroutine"
    if callable(value):
        return "function"
    if kind is not range and hasattr(kind, "__iter__"):
        return "items"
    return ""


def exception_names(error: BaseException) -> tuple[str, str, str]:
    """The type's name, its builtin base and its module."""
    kind = type(error)
    base = next((one.__name__ for one in kind.__mro__ if one.__module__ == "builtins"), "Exception")
    return kind.__name__, base, kind.__module__
