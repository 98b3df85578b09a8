"""Plain data as bytes: the messages between the judge and the jail.

The encoding is the standard library's marshal, version 2, of exact builtin types only: written in C, and
the same bytes for the same value (sets are sorted). What comes out of the jail is never given to marshal:
decoding.py reads it.
"""

from __future__ import annotations

import marshal
from _blake2 import blake2b  # hashlib would load OpenSSL as well, which takes longer than all else
from collections.abc import Callable, Mapping, Set
from typing import Any

MOST_NESTED = 200
VERSION = 2
SCALARS = frozenset({int, float, str, bool, type(None), bytes, complex})


class NotPlain(ValueError):
    """The value is not plain data, or nested too deep."""


class TooDeep(NotPlain):
    """The value is nested too deep, whatever it is of."""


def encode(value: Any) -> bytes:
    """Bytes of the value, subclasses as their builtin base; NotPlain where there is no such thing."""
    try:
        return marshal.dumps(value if type(value) in SCALARS else plain(value), VERSION)
    except ValueError as error:
        raise NotPlain(str(error)) from None


def digest(value: Any) -> bytes:
    """Equal digests mean equal values of equal types (dicts also in equal order)."""
    return digest_of(encode(value))


def digest_of(encoded: bytes) -> bytes:
    return blake2b(encoded, digest_size=16).digest()


def plain(value: Any, depth: int = 0) -> Any:
    """The same value in exact builtin types."""
    kind = type(value)
    if kind in SCALARS:
        return value
    if depth > MOST_NESTED:
        raise TooDeep(f"nested deeper than {MOST_NESTED}")
    if kind is list or kind is tuple:
        if SCALARS.issuperset(map(type, value)):
            return value
        return kind([plain(item, depth + 1) for item in value])
    if kind is dict:
        return {plain(key, depth + 1): plain(item, depth + 1) for key, item in value.items()}
    return _from_other(value, depth)


def _from_other(value: Any, depth: int) -> Any:
    """By the builtin it is derived from; the base's own methods are asked, never the value's."""
    kind = type(value)
    if compares_itself(kind):
        raise NotPlain(f"{kind.__module__}.{kind.__qualname__}, which compares by rules of its own")
    for base, convert in _BASES.items():
        if isinstance(value, base):
            return convert(value) if base in SCALARS else plain_items(convert, value, depth)
    module, name = kind.__module__, kind.__qualname__
    if module == "numpy" and getattr(value, "shape", None) == ():
        return plain(value.item(), depth + 1)
    if alike := _ALIKE.get((module, name)):
        return plain(alike(value), depth + 1)
    if (abstract := abstract_as_builtin(value)) is not None:
        return plain(abstract, depth + 1)
    if (module, name) in (("fractions", "Fraction"), ("decimal", "Decimal")):
        number = int(value) if value == int(value) else float(value)
        if number == value:
            return number  # only then do they compare as the original does
    raise NotPlain(f"{module}.{name}")


def compares_itself(kind: type) -> bool:
    """Whether a program's own class defines what its objects equal: the builtin base may differ."""
    return any(
        one.__module__ in _PROGRAMS and ("__eq__" in vars(one) or "__ne__" in vars(one))
        for one in kind.__mro__
    )


def abstract_as_builtin(value: Any) -> Any:
    """A set or mapping that equals by the abstract kind's rules as the builtin it equals; None for others."""
    equals: Any = type(value).__eq__
    if equals is Set.__eq__:
        return set(value)
    return dict(value) if equals is Mapping.__eq__ else None


def as_builtin(value: Any) -> Any:
    """The same as the builtin that it is derived from, its items as they are; None where there is none."""
    for base, convert in _BASES.items():
        if isinstance(value, base):
            return convert(value)
    alike = _ALIKE.get((type(value).__module__, type(value).__qualname__))
    return abstract_as_builtin(value) if alike is None else alike(value)


def plain_items(convert: Callable[[Any], Any], value: Any, depth: int) -> Any:
    """A container of exactly the builtin type, with its items made plain."""
    exact = convert(value)
    if isinstance(exact, dict):
        return plain(exact, depth)
    items = [plain(item, depth + 1) for item in exact]
    return type(exact)(items)


_PROGRAMS = ("solution", "__main__")  # the modules that a program's own classes are of

_BASES: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    complex: complex.__pos__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    bytearray: lambda value: bytearray(bytearray.__iter__(value)),
    type({}.keys()): set,
}

# Derived from no builtin, and yet they equal one.
_ALIKE: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("builtins", "mappingproxy"): dict,
    ("collections", "ChainMap"): dict,
    ("collections", "UserDict"): dict,
    ("collections", "UserList"): list,
    ("collections", "UserString"): str,
    ("sortedcontainers.sortedlist", "SortedList"): list,
    ("sortedcontainers.sortedlist", "SortedKeyList"): list,
    ("sortedcontainers.sortedset", "SortedSet"): set,
}
