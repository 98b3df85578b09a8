"""A run as a row of the table `run`, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from benchkit.records import Run
from benchkit.telling.history.listing import FACTS
from benchkit.telling.history.record import as_line, from_record, to_record

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""A character 0, half a surrogate pair."""

RECORD = "coalesce(exact::text, record::text)"
"""The record's text, in a statement."""


def row_of(run: Run) -> dict[str, Any]:
    """The values of a run's columns, by name, and its record as JSON."""
    record = to_record(run)
    plain = from_record(record)  # without what JSON has no word for, such as infinity
    text = as_line(record).decode()
    storable = text if _is_storable(text) else as_line(_storable(record)).decode()
    return {
        "record": storable,
        "exact": text if text != storable else None,
        **{name: _fact(column.value(plain)) for name, column in FACTS.items()},
    }


def run_of_text(text: str, number: int = 1) -> Run:
    """The run of a record's text."""
    return from_record(json.loads(text), number)


def storable_text(text: str) -> str:
    """The text with a sign for what PostgreSQL has no place for."""
    return _NO_TEXT.sub("\ufffd", text)


def _is_storable(text: str) -> bool:
    """Told without taking it apart: what cannot be stored stands in it escaped, and is hardly ever there."""
    return "\\u0000" not in text and "\\ud" not in text


def _fact(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    return float(value) if isinstance(value, int | float) else value


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable_text(value)
        case Mapping():
            return {storable_text(str(name)): _storable(part) for name, part in value.items()}
        case list():
            return [_storable(part) for part in value]
    return value
