"""Values of more types than plain data has, packed into plain data between a test and its candidate.

A packed value is `(TAG, kind, payload)`. Whoever unpacks chooses from the kinds here, so that a forged one
names a value of a known type and does nothing else. What is no data at all (a function, a generator, an
object of the program's own) stays where it is: `keep` gives what stands for it.
"""

from __future__ import annotations

import builtins
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from benchkit.judging.sandbox.wire.codec import MOST_NESTED, SCALARS, TooDeep, as_builtin, compares_itself

TAG = "\0packed"
NOWHERE = -1  # the place of an object that is not kept
MOST_ITEMS = 1_000_000  # of a range or an array
MOST_DIGITS = 10_000  # of a decimal
MOST_ITEM_BYTES = 16 << 10  # of an array
_ARRAYS = "biufcU"  # numpy's letters for numbers and text
_MUTABLE = frozenset({list, dict, set, bytearray, deque, Counter, OrderedDict, defaultdict})

Keep = Callable[[Any], Any]
"""Gives the payload of what stands for an object; raises NotPlain where nothing can."""


class _Kind(NamedTuple):
    pack: Callable[[Any], Any]  # the payload, to be packed itself
    unpack: Callable[[Any], Any]


def pack(value: Any, keep: Keep, depth: int = 0) -> Any:
    """The value as plain data."""
    kind = type(value)
    if kind in SCALARS:
        return value
    if depth > MOST_NESTED:
        raise TooDeep(f"nested deeper than {MOST_NESTED}")
    if kind in (list, tuple, set, frozenset):
        if SCALARS.issuperset(map(type, value)):
            return value
        return kind([pack(item, keep, depth + 1) for item in value])
    if kind is dict:
        return {pack(key, keep, depth + 1): pack(item, keep, depth + 1) for key, item in value.items()}
    return _pack_other(value, keep, depth)


def _pack_other(value: Any, keep: Keep, depth: int) -> Any:
    kind = type(value)
    module, name = kind.__module__, kind.__qualname__
    if module == "numpy" and (payload := _numpy_payload(value)) is not None:
        return (TAG, "numpy", payload)
    if (packer := _KINDS.get(f"{module}.{name}")) is not None:
        payload = packer.pack(value)
        if payload is not None:
            return (TAG, f"{module}.{name}", pack(payload, keep, depth + 1))
    elif not compares_itself(kind):
        plain = as_builtin(value)
        if plain is not None:
            return pack(plain, keep, depth)
    return (TAG, "object", keep(value))


def unpack(value: Any, kept: Callable[[Any], Any]) -> Any:
    """The value that was packed; ValueError, TypeError and the like for what is none."""
    kind = type(value)
    if kind is tuple and len(value) == 3 and value[0] == TAG:
        payload = value[2]
        return kept(payload) if value[1] == "object" else _unpack_kind(value[1], unpack(payload, kept))
    if kind in (list, tuple, set, frozenset):
        if SCALARS.issuperset(map(type, value)):
            return value
        return kind([unpack(item, kept) for item in value])
    if kind is dict:
        return {unpack(key, kept): unpack(item, kept) for key, item in value.items()}
    return value


def _unpack_kind(name: str, payload: Any) -> Any:
    return _from_numpy(*payload) if name == "numpy" else _KINDS[name].unpack(payload)


def _numpy_payload(value: Any) -> Any:
    """dtype, shape (None of a scalar) and numbers; None for what is no such array."""
    dtype = getattr(value, "dtype", None)
    if dtype is None or dtype.kind not in _ARRAYS or dtype.itemsize > MOST_ITEM_BYTES:
        return None
    if type(value).__name__ != "ndarray":
        item = value.item()
        return (dtype.str, None, item) if type(item) in SCALARS else None
    return (dtype.str, value.shape, tuple(value.ravel().tolist())) if value.size <= MOST_ITEMS else None


def _from_numpy(dtype: str, shape: Any, numbers: Any) -> Any:
    try:
        import numpy
    except ImportError:  # a container has libraries that we do not have
        return numbers if shape is None else list(numbers)
    numpy_type = numpy.dtype(str(dtype))
    if numpy_type.kind not in _ARRAYS or numpy_type.itemsize > MOST_ITEM_BYTES:
        raise ValueError(f"no numbers: {dtype}")
    if shape is None:
        return numpy_type.type(numbers)
    return numpy.array(numbers, dtype=numpy_type).reshape(shape)


def _module(name: str) -> Any:
    __import__(name)
    return sys.modules[name]


def _range(start: int, stop: int, step: int) -> range:
    result = range(start, stop, step)
    if len(result) > MOST_ITEMS:
        raise ValueError("a range of too many items")
    return result


def _decimal(text: str) -> Any:
    result = _module("decimal").Decimal(text)
    if abs(result.adjusted()) > MOST_DIGITS:
        raise ValueError("a number of too many digits")
    return result


_BUILTIN_TYPES = {
    name: kind for name, kind in vars(builtins).items() if isinstance(kind, type) and not name.startswith("_")
}


def _builtin_name(kind: type) -> str | None:
    return kind.__name__ if _BUILTIN_TYPES.get(kind.__name__) is kind else None


def _factory_name(factory: Any) -> str | None:
    """Of a type such as int or list; another factory stays where it is, and a missing key is an error."""
    return _builtin_name(factory) if isinstance(factory, type) else None


def _datetime(kind: str) -> _Kind:
    return _Kind(
        lambda value: value.isoformat(), lambda text: getattr(_module("datetime"), kind).fromisoformat(text)
    )


# By the type's module and name: most of these modules are imported by few programs, and not by us for them.
_KINDS: dict[str, _Kind] = {
    "builtins.bytearray": _Kind(bytes, lambda content: bytearray(bytes.__getitem__(content, slice(None)))),
    "builtins.range": _Kind(
        lambda value: (value.start, value.stop, value.step) if len(value) <= MOST_ITEMS else None,
        lambda payload: _range(*payload),
    ),
    "builtins.memoryview": _Kind(bytes, lambda content: memoryview(bytes(content))),
    "builtins.slice": _Kind(
        lambda value: (value.start, value.stop, value.step), lambda payload: slice(*payload)
    ),
    "builtins.ellipsis": _Kind(lambda _: "...", lambda _: ...),
    "builtins.NotImplementedType": _Kind(lambda _: "", lambda _: NotImplemented),
    "builtins.type": _Kind(_builtin_name, lambda name: _BUILTIN_TYPES[name]),
    "pathlib.PosixPath": _Kind(str, lambda text: _module("pathlib").Path(text)),
    "uuid.UUID": _Kind(lambda value: value.int, lambda number: _module("uuid").UUID(int=number)),
    "collections.deque": _Kind(
        lambda value: (list(value), value.maxlen), lambda payload: deque(payload[0], payload[1])
    ),
    "collections.Counter": _Kind(dict, Counter),
    "collections.OrderedDict": _Kind(dict, OrderedDict),
    "collections.defaultdict": _Kind(
        lambda value: (dict(value), _factory_name(value.default_factory)),
        lambda payload: defaultdict(_BUILTIN_TYPES.get(payload[1]), payload[0]),
    ),
    "array.array": _Kind(
        lambda value: (value.typecode, value.tolist()), lambda payload: _module("array").array(*payload)
    ),
    "decimal.Decimal": _Kind(
        lambda value: str(value) if abs(value.adjusted()) <= MOST_DIGITS else None,
        lambda text: _decimal(text),
    ),
    "fractions.Fraction": _Kind(
        lambda value: (value.numerator, value.denominator),
        lambda payload: _module("fractions").Fraction(*payload),
    ),
    "datetime.date": _datetime("date"),
    "datetime.datetime": _datetime("datetime"),
    "datetime.time": _datetime("time"),
    "datetime.timedelta": _Kind(
        lambda value: (value.days, value.seconds, value.microseconds),
        lambda payload: _module("datetime").timedelta(*payload),
    ),
}


def is_mutable(value: Any) -> bool:
    """Whether the value is shared rather than copied: what one side changes, the other has to see."""
    kind = type(value)
    if kind is tuple:
        return any(map(is_mutable, value))
    return kind in _MUTABLE or (kind.__module__ == "numpy" and kind.__name__ == "ndarray")


def update_in_place(old: Any, new: Any) -> Any:
    """The content of `new`, in the object `old` where that can be changed, and in the objects it holds."""
    kind = type(old)
    if kind is not type(new):
        return new
    if kind is list:
        old[:] = [*map(update_in_place, old, new), *new[len(old) :]]
    elif kind is tuple and len(old) == len(new):
        items = tuple(map(update_in_place, old, new))
        return old if all(map(_same, old, items)) else items
    elif kind in _MUTABLE:
        _refill(old, new)
    elif kind.__name__ == "ndarray" and old.shape == new.shape and old.dtype == new.dtype:
        old[...] = new
    else:
        return new
    return old


def _same(one: Any, other: Any) -> bool:
    return one is other


def _refill(old: Any, new: Any) -> None:
    if isinstance(old, dict):
        new = {key: update_in_place(old[key], item) if key in old else item for key, item in new.items()}
    old.clear()
    (old.update if isinstance(old, dict | set) else old.extend)(new)
