"""The bytes that come out of the jail as the value that they name.

They are never given to marshal: they are read here, type by type, with bounds, so that no bytes can do more
than name a value.
"""

from __future__ import annotations

import marshal
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

from benchkit.judging.sandbox.wire.codec import MOST_NESTED, VERSION

_FEW_ALIKE = 8  # keys of one hash that are accepted
_MOST_ALIKE = 100_000_000  # bytes to be compared for more than those; takes about 0.1 s
_SET = 4  # a set takes the room of so many other containers
_MOST_CONTAINERS = 4_000_000  # more only where they are empty: two bytes each, and a hundred of memory
_FEW = 16


class BadBytes(ValueError):
    """The bytes are no encoding of ours."""


def decode(encoded: bytes) -> Any:
    """The value that the bytes name; BadBytes for anything else."""
    try:
        reader = _Reader(encoded)
        value = reader.item(0)
    except (IndexError, struct.error, UnicodeDecodeError, TypeError) as error:
        raise BadBytes(str(error)) from None
    if reader.at != len(encoded):
        raise BadBytes("something follows the value")
    return value


class _End:
    """Ends a dictionary's items."""


class _Reader:
    """Reads values one after the other; each kind is one letter and a method."""

    def __init__(self, encoded: bytes) -> None:
        self.encoded = encoded
        self.at = 0
        self.containers = 0
        self.alike = 0  # bytes of keys that are compared since their hashes are equal

    def read(self, depth: int) -> Any:
        letter = self.encoded[self.at]
        self.at += 1
        if letter in _CONSTANTS:
            return _CONSTANTS[letter]
        if letter in _CONTAINERS and self._count_container(depth, _SET if letter in b"<>" else 1):
            return self._items(_CONTAINERS[letter], depth)
        if letter == ord("{") and self._count_container(depth):
            return self._dictionary(depth)
        if letter not in _LEAVES:
            raise BadBytes(f"unknown kind {letter}, nested too deep, or too many containers")
        return _LEAVES[letter](self)

    def _count_container(self, depth: int, weight: int = 1) -> bool:
        self.containers += weight
        return depth <= MOST_NESTED + 1 and self.containers <= _MOST_CONTAINERS

    def take(self, size: int) -> bytes:
        part = self.encoded[self.at : self.at + size]
        if size < 0 or len(part) != size:
            raise BadBytes("cut short")
        self.at += size
        return part

    def number(self) -> int:
        return int(struct.unpack("<i", self.take(4))[0])

    def _items(self, kind: Callable[[list[Any]], Any], depth: int) -> Any:
        size = self.number()
        if not 0 <= size <= len(self.encoded) - self.at:  # an item is one byte at least
            raise BadBytes("more items than bytes")
        items = self._numbers(size) or [self.item(depth + 1) for _ in range(size)]
        if kind is set or kind is frozenset:
            self._refuse_alike(items)
        return kind(items)

    def _numbers(self, size: int) -> list[Any]:
        """Items that are all small integers, floats or constants, at once; none where they are not."""
        letters = (
            self.encoded[self.at : self.at + size] if size > _FEW and self.encoded[self.at] in b"NTF" else b""
        )
        if len(letters) == size > 0 and not letters.translate(None, b"NTF"):
            self.at += size
            return [_CONSTANTS[letter] for letter in letters]
        for letter, width, form in ((b"i", 5, "<xi"), (b"g", 9, "<xd")):
            end = self.at + size * width
            if (
                size > _FEW
                and self.encoded[self.at : end : width] == letter * size
                and end <= len(self.encoded)
            ):
                part = self.encoded[self.at : end]
                self.at = end
                return [number for (number,) in struct.iter_unpack(form, part)]
        return []

    def item(self, depth: int) -> Any:
        value = self.read(depth)
        if value is _End:
            raise BadBytes("an end where a value should be")
        return value

    def _dictionary(self, depth: int) -> dict[Any, Any]:
        keys, values = [], []
        while (key := self.read(depth + 1)) is not _End:
            keys.append(key)
            values.append(self.item(depth + 1))
        self._refuse_alike(keys)
        return dict(zip(keys, values, strict=True))

    def _refuse_alike(self, keys: list[Any]) -> None:
        """Keys chosen to share a hash would keep us busy for hours: each is compared with all before it."""
        if len(keys) <= _FEW_ALIKE:
            return
        hashes = list(map(hash, keys))
        counts = Counter(hashes)
        if max(counts.values()) <= _FEW_ALIKE:
            return
        for key, its_hash in zip(keys, hashes, strict=True):
            if counts[its_hash] > _FEW_ALIKE:
                self.alike += counts[its_hash] * len(marshal.dumps(key, VERSION))
        if self.alike > _MOST_ALIKE:
            raise BadBytes("keys made to be alike")

    def long(self) -> int:
        """A sign and digits of 15 bits, lowest first."""
        size = self.number()
        digits = struct.unpack(f"<{abs(size)}H", self.take(2 * abs(size)))
        if digits and max(digits) >> 15:
            raise BadBytes("a digit of more than 15 bits")
        value = _join(digits)
        return -value if size < 0 else value

    def floating(self) -> float:
        return float(struct.unpack("<d", self.take(8))[0])

    def text(self) -> str:
        return self.take(self.number()).decode("utf-8", "surrogatepass")


def _join(digits: tuple[int, ...]) -> int:
    """Halves are joined, not digits one by one: 10**100000 has 22,000 of them."""
    if len(digits) <= 64:
        return sum(digit << 15 * place for place, digit in enumerate(digits))
    middle = len(digits) // 2
    return _join(digits[:middle]) | _join(digits[middle:]) << 15 * middle


_CONSTANTS: dict[int, Any] = {ord("N"): None, ord("T"): True, ord("F"): False, ord("0"): _End}
_CONTAINERS: dict[int, Callable[[list[Any]], Any]] = {
    ord("["): list,
    ord("("): tuple,
    ord("<"): set,
    ord(">"): frozenset,
}
_LEAVES: dict[int, Callable[[_Reader], Any]] = {
    ord("i"): _Reader.number,
    ord("l"): _Reader.long,
    ord("g"): _Reader.floating,
    ord("y"): lambda reader: complex(reader.floating(), reader.floating()),
    ord("s"): lambda reader: reader.take(reader.number()),
    ord("u"): _Reader.text,
}
