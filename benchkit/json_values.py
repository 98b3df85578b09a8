"""Values of a record as the types that they should be, one reader a type; None where a value is another."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

_MOST = 1e15  # beyond it a float is no exact whole number


def number(value: object) -> float | None:
    """The number, where it is a finite one."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    return float(value) if type(value) is int and abs(value) < _MOST else None


def whole(value: object) -> int | None:
    """The whole number, also where it is written as 164.0."""
    if type(value) is not int and not (type(value) is float and value.is_integer()):
        return None
    return int(value) if abs(value) < _MOST else None


def text(value: object) -> str | None:
    return value if type(value) is str and value else None


def truth(value: object) -> bool | None:
    return value if type(value) is bool else None


def texts(value: object) -> tuple[str, ...] | None:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else None


def text_or_whole(value: object) -> int | str | None:
    return text(value) or whole(value)


def mapping(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def numbers(value: object) -> Mapping[str, float] | None:
    if not isinstance(value, Mapping):
        return None
    return {str(name): known for name, part in value.items() if (known := number(part)) is not None}


def wholes(value: object) -> Mapping[str, int] | None:
    finite = numbers(value)
    return None if finite is None else {name: int(part) for name, part in finite.items()}


def mappings(value: object) -> tuple[Mapping[str, Any], ...] | None:
    if not isinstance(value, list | tuple):
        return None
    return tuple(part for part in value if isinstance(part, Mapping))


# By the field's annotation, as it is written.
READERS: Mapping[str, Callable[[object], Any]] = {
    "float | None": number,
    "int | None": whole,
    "str | None": text,
    "bool | None": truth,
    "int | str | None": text_or_whole,
    "tuple[str, ...] | None": texts,
    "Mapping[str, float] | None": numbers,
    "Mapping[str, int] | None": wholes,
    "Mapping[str, Any] | None": mapping,
    "tuple[Mapping[str, Any], ...] | None": mappings,
}


def json_objects(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """One a line; passed over: half a line, as a crash leaves it, no object, one nested too deeply."""
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row
