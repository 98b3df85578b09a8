"""A digest under which values that Python calls equal are the same: 1 and 1.0 and True, dicts in any order.

Large outputs are compared by it, so that the right one never needs to be kept.
"""

from __future__ import annotations

from typing import Any

from benchkit.judging.sandbox import Opaque, digest


def loose_digest(value: Any) -> bytes:
    """Nothing for what is no plain data: that equals nothing."""
    return b"" if isinstance(value, Opaque) else digest(_normal(value))


def _normal(value: Any) -> Any:
    """Every number as the simplest type that equals it, without order where order means nothing."""
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() else value
    if kind is int or kind is str:
        return value
    if kind is list or kind is tuple:
        return kind([_normal(item) for item in value])
    if kind is dict:
        return {"dict": sorted(loose_digest(key) + loose_digest(item) for key, item in value.items())}
    if kind is set or kind is frozenset:
        return {"set": sorted(loose_digest(item) for item in value)}
    if kind is complex and value.imag == 0:
        return _normal(value.real)
    return int(value) if kind is bool else value
