"""When a contest's output is right. The rules are LiveCodeBench's.

Of a program: stripped lines, as many of them, each equal or equal word by word as decimals. Of a function:
`==` with what is wanted, tuples counting as lists. A value is of plain builtin types: an object that claims
to equal everything does not arrive here at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from benchkit.asking.problems.livecodebench import Test
from benchkit.judging.judges.base import Judgement
from benchkit.judging.judges.shortened import MOST, shortened
from benchkit.judging.sandbox import CallResult, Opaque
from benchkit.verdict import Verdict


def difference(got: str, wanted: str) -> str | None:
    """Why the output is wrong; None where it is right."""
    count, wanted_count = _count_lines(got), _count_lines(wanted)
    if count != wanted_count:  # before they are split: millions of lines take seconds and a gigabyte
        return f"{count} lines of output, {wanted_count} are wanted"
    got_lines, wanted_lines = _stripped_lines(got), _stripped_lines(wanted)
    for number, (line, wanted_line) in enumerate(zip(got_lines, wanted_lines, strict=True), start=1):
        if line != wanted_line and not _equal_decimals(line, wanted_line):
            return f"line {number} is {shortened(line)}, wanted is {shortened(wanted_line)}"
    return None


def _count_lines(text: str) -> int:
    return text.strip().count("\n") + 1


def _stripped_lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _equal_decimals(got: str, wanted: str) -> bool:
    wanted_words = wanted.split()
    words = got.split(maxsplit=len(wanted_words))  # no more than can be right; a rest is one word too many
    if len(words) != len(wanted_words):
        return False
    try:
        return [Decimal(word) for word in words] == [Decimal(word) for word in wanted_words]
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


def failed_test(
    verdict: Verdict, why: str, number: int, tests: Sequence[Test], got: str | None = None
) -> Judgement:
    """Which test, with its input, what it wants and what came, all shortened."""
    facts: dict[str, Any] = {
        "tests": len(tests),
        "failed_test": number,
        "input": shortened(tests[number].input),
        "expected": shortened(tests[number].output),
    }
    if got is not None:
        facts["got"] = got if len(got) <= MOST else shortened(got)
    return Judgement(verdict, f"test {number + 1} of {len(tests)}: {why}", further=facts)
