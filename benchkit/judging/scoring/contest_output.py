"""When a contest's output is right. The rules are LiveCodeBench's.

Of a program: stripped lines, as many of them, each equal or equal word by word as decimals. Of a function:
`==` with what is wanted, tuples counting as lists. A value is of plain builtin types: an object that claims
to equal everything does not arrive here at all.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from benchkit.judging.sandbox import CallResult, Opaque
from benchkit.judging.scoring.shortened import shortened


def difference(got: str, wanted: str) -> str | None:
    """Why the output is wrong; None where it is right."""
    got_lines, wanted_lines = _stripped_lines(got), _stripped_lines(wanted)
    if len(got_lines) != len(wanted_lines):
        return f"{len(got_lines)} lines of output, {len(wanted_lines)} are wanted"
    for number, (line, wanted_line) in enumerate(zip(got_lines, wanted_lines, strict=True), start=1):
        if line != wanted_line and not _equal_decimals(line, wanted_line):
            return f"line {number} is {shortened(line)}, wanted is {shortened(wanted_line)}"
    return None


def _stripped_lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _equal_decimals(got: str, wanted: str) -> bool:
    try:
        return [Decimal(word) for word in got.split()] == [Decimal(word) for word in wanted.split()]
    except InvalidOperation:
        return False


def same_value(reply: CallResult, wanted: Any) -> bool:
    got = reply.value
    return not isinstance(got, Opaque) and bool(_as_json(got) == wanted)


def _as_json(value: Any) -> Any:
    """Tuples as lists, also within others: what is wanted was read from JSON, which has no tuples."""
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    return value
