"""The whole history as one JSON document: `{"schema": 1, "runs": [` then one run a line, then `]}`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchkit.errors import HistoryError
from benchkit.telling.history.record import as_json, as_line

SCHEMA = 1
LONGEST_HEAD = 64 * 1024
TAIL = b"\n]}\n"
"""What follows the last run, and is overwritten by the next one."""


@dataclass(frozen=True)
class Document:
    """The records as they were read, and what stood beside the list of them."""

    records: list[dict[str, Any]] = field(default_factory=list)
    beside: Mapping[str, Any] = field(default_factory=dict)


def parse(data: bytes) -> Document:
    """The document in any layout: ours, pretty-printed, older, a bare list of runs."""
    if not data.strip():
        return Document()
    whole = _load(data)
    if isinstance(whole, list):
        return Document(whole)
    if not isinstance(whole, dict) or not isinstance(whole.get("runs"), list):
        raise HistoryError("it is JSON but no history: there is no list named 'runs' in it")
    _check_schema(whole.get("schema", SCHEMA))
    runs = whole.pop("runs")
    return Document(runs, whole)


def render(document: Document) -> bytes:
    """The document laid out so that the next run can be appended in place."""
    beside = as_json({"schema": SCHEMA, **document.beside})
    head = as_line(beside)[:-1] + b', "runs": ['
    runs = b",\n".join(as_line(as_json(record)) for record in document.records)
    return head + (b"\n" + runs if runs else b"") + TAIL


def run_lines(data: bytes) -> list[bytes]:
    """The lines of the runs, commas and all, in a document laid out by `render`; none of any other."""
    if not is_head(first_line(data)) or not data.endswith(TAIL):
        return []
    return data.split(b"\n")[1:-2]


def first_line(data: bytes) -> bytes:
    return data[:LONGEST_HEAD].partition(b"\n")[0]


def join_lines(first: bytes, lines: Sequence[bytes]) -> bytes:
    """The document that `first_line` and `run_lines` took apart."""
    return b"\n".join((first, *lines)) + TAIL


def is_head(line: bytes) -> bool:
    """Whether this is the first line as `render` writes it, of a schema we may append to."""
    try:
        return line.endswith(b', "runs": [') and int(json.loads(line + b"]}")["schema"]) == SCHEMA
    except (ValueError, TypeError, KeyError):
        return False


def is_run(line: bytes) -> bool:
    """Whether this line holds one whole run, as `render` writes it."""
    try:
        return line.startswith(b"{") and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _load(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _broken(f"{where}: {error.msg}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise _broken(f"line {line}, column {column}: no UTF-8 text") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, a thousand nested lists
        raise _broken(str(error)) from None


def _broken(why: str) -> HistoryError:
    return HistoryError(f"it is not valid JSON ({why}): mend it, or move it away")


def _check_schema(schema: Any) -> None:
    if not isinstance(schema, int | float) or isinstance(schema, bool) or schema < 1:
        raise HistoryError(f"its schema {schema!r} is no version of a history")
    if int(schema) > SCHEMA:
        raise HistoryError(f"it has schema {schema}, this version knows only {SCHEMA}: update bench_runner")
