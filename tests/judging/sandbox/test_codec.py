# ruff: noqa: E501
# Programs are quoted line by line as they are.
"""Plain data crosses unchanged; nothing else crosses."""

from __future__ import annotations

import collections
import contextlib
import enum
import fractions
import math
import random
import types
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from sortedcontainers import SortedList, SortedSet

from benchkit.judging.sandbox import digest
from benchkit.judging.sandbox.wire import codec, decoding

VALUES: list[Any] = [
    None, True, False, 0, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**64, 10**100_000, -(10**1000),
    0.0, -0.0, 1.5, math.inf, 1e308, 1 + 2j, "", "text", "é\0", "\ud800", "x" * 100_000, b"", b"\0\xff",
    [], [1, [2, [3]]], (), (1,), ((),), {}, {"a": [1], 2: (3,)}, set(), {1, "a", (2,)}, frozenset({1}), [None] * 1000,
    list(range(1000)), [0.5] * 100, [*range(20), 2**40], [1.5] * 20 + [1],
]  # fmt: skip


class Loud(enum.IntEnum):
    ONE = 1


class Always(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_round_trip(value: Any) -> None:
    """A plain value comes back equal and of the same types all through."""
    back = decoding.decode(codec.encode(value))
    assert back == value
    assert codec.encode(back) == codec.encode(value)  # which tells 1 from True and 0.0 from -0.0


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Loud.ONE, 1), (Always(5), 5), (Point(1, 2), (1, 2)), (collections.OrderedDict(a=1), {"a": 1}),
        (collections.Counter("aa"), {"a": 2}), (fractions.Fraction(1, 2), 0.5), (fractions.Fraction(4, 2), 2),
        ({1: 2}.keys(), {1}), ([Always(5)], [5]), (collections.UserList([1, Always(5)]), [1, 5]),
        (collections.UserString("a"), "a"), (collections.UserDict(a=1), {"a": 1}),
        (types.MappingProxyType({"a": 1}), {"a": 1}), (SortedList([2, 1]), [1, 2]), (SortedSet([2, 1]), {1, 2}),
        (numpy.array(3), 3), (numpy.float64(0.5), 0.5), ([numpy.int64(3)], [3]), (numpy.True_, True),
    ],
)  # fmt: skip
def test_subclasses_come_as_their_base(value: Any, plain: Any) -> None:
    """A subclass's own methods are left behind: what arrives is of the exact builtin type."""
    back = decoding.decode(codec.encode(value))
    assert type(back) is type(plain)
    assert back == plain
    assert repr(back) == repr(plain)


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def _itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "make",
    [
        object,
        lambda: _nested(10_000),
        _itself,
        lambda: print,
        lambda: range(3),
        lambda: iter([]),
        lambda: numpy.array([1]),
    ],
)
def test_what_is_no_plain_data_is_refused(make: Callable[[], Any]) -> None:
    """Objects, functions, iterators, and what is nested without end."""
    with pytest.raises(codec.NotPlain):
        codec.encode(make())


def test_equal_digests_of_equal_values() -> None:
    """Sets in any order; but types count: 1, True and 1.0 are told apart."""
    assert digest({"a", "b", "c", "d"}) == digest({"d", "c", "b", "a"})
    assert len({digest(1), digest(True), digest(1.0), digest("1"), digest([1]), digest((1,))}) == 6


BAD = [
    b"", b"?", b"c" + bytes(60), b"R\0\0\0\0", b"[\xff\xff\xff\x7f", b"[\xff\xff\xff\xff", b"i\0", b"u\x05\0\0\0ab",
    b"u\x01\0\0\0\xff", b"NN", b"0", b"[\x01\0\0\x000", b"{N0", b"{[\0\0\0\0N0", b"l\x01\0\0\0\xff\xff",
    b"<\x01\0\0\0[\0\0\0\0", b"[\x01\0\0\0" * 5000 + b"N", b"s\xff\xff\xff\x7fa", b"l\0\0\0\x80",
]  # fmt: skip


@pytest.mark.parametrize("encoded", BAD, ids=range(len(BAD)))
def test_bad_bytes(encoded: bytes) -> None:
    """Whatever is no encoding is an error of ours, never a crash and never a value."""
    with pytest.raises(decoding.BadBytes):
        decoding.decode(encoded)


def test_any_bytes_at_all() -> None:
    """20,000 damaged and invented encodings: each is a value or BadBytes."""
    luck, values = random.Random(7), 0
    for _ in range(20_000):
        encoded = bytearray(codec.encode(luck.choice(VALUES[:10] + VALUES[12:21] + VALUES[24:])))
        for _ in range(luck.randrange(4)):
            if encoded:
                encoded[luck.randrange(len(encoded))] = luck.randrange(256)
        with contextlib.suppress(decoding.BadBytes):
            decoding.decode(bytes(encoded))
            values += 1
    assert 5_000 < values < 19_000, "neither all nor none of them is damaged"
