"""LiveCodeBench's official files: streamed, chosen by date before anything else of a line is read.

A file may be larger than memory: what is kept of a problem is its text and where its line lies; its tests are
read from there when they are needed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchkit.asking.problems.base import BadRow, Problem, ProblemSet, text_field
from benchkit.asking.problems.contest_releases import known_name
from benchkit.asking.problems.errata import erratum
from benchkit.asking.problems.private_tests import read_private
from benchkit.asking.problems.reading import as_problems_error
from benchkit.errors import ProblemsError, UsageError
from benchkit.languages.python.contests import SOLUTION

# Within a JSON text every quote has a backslash before it, so this is found in the line's own keys only.
_DATE = re.compile(rb'"contest_date"\s*:\s*"(\d{4}-\d{2}-\d{2})')
TEST_TYPES = ("stdin", "functional")
PUBLIC_ONLY = "public tests only"


@dataclass(frozen=True)
class Window:
    """Which problems are wanted; dates are inclusive of the whole day."""

    start: date | None = None
    end: date | None = None
    difficulties: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.start and self.end and self.start > self.end:
            raise UsageError(f"--start-date {self.start} is after --end-date {self.end}: exchange them")

    def has(self, day: date) -> bool:
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)

    def selects(self, row: dict[str, Any]) -> bool:
        return (not self.difficulties or row["difficulty"] in self.difficulties) and (
            not self.platforms or row["platform"] in self.platforms
        )

    def __str__(self) -> str:
        parts = [f"from {self.start}" if self.start else "", f"to {self.end}" if self.end else ""]
        parts += [", ".join(self.difficulties), ", ".join(self.platforms)]
        return " ".join(part for part in parts if part) or "any date"


@dataclass(frozen=True)
class Test:
    """One input with the output that is wanted."""

    __test__ = False  # pytest: not one of yours

    input: str
    output: str


@dataclass(frozen=True)
class ContestProblem(Problem):
    """A contest's problem: a program, or a method of the class `Solution`."""

    method: str | None = None
    starter_code: str = ""
    day: date = date.min
    place: LineLocation | None = field(default=None, repr=False)
    given: tuple[Test, ...] | None = field(default=None, repr=False)  # its tests, where it has no place

    def tests(self) -> tuple[Test, ...]:
        """Public and private tests, read from the file now."""
        if self.given is not None:
            return self.given
        assert self.place is not None
        row = self.place.read()
        return _tests(row, self.place, functional=self.method is not None)


@dataclass(frozen=True)
class ContestSet(ProblemSet):
    """Problems of a window of dates."""

    problems: tuple[ContestProblem, ...]

    def check_tests(self) -> None:
        """Read all tests once; ProblemsError where some cannot be used."""
        for problem in self.problems:
            problem.tests()


@dataclass(frozen=True)
class LineLocation:
    """Where a problem's line lies."""

    path: Path
    number: int
    offset: int
    length: int

    def read(self) -> dict[str, Any]:
        with as_problems_error(self.path), self.path.open("rb") as file:
            file.seek(self.offset)
            return _parsed(self, file.read(self.length))

    def bad(self, why: str) -> BadRow:
        return BadRow(self.path, self.number, why)


def load_contest(files: Sequence[Path], window: Window, name: str = "livecodebench") -> ContestSet:
    """The window's problems of these files, in their order; an id that stands twice is refused."""
    problems: dict[str, ContestProblem] = {}
    hashes: list[str] = []
    days: list[date] = []
    private = 0
    for path in files:
        digest = hashlib.sha256()
        for place, day, line in _lines(path, digest):
            days.append(day)
            if not window.has(day):
                continue
            row = _parsed(place, line)
            problem = _problem(row, place, day)
            if problem.id in problems:
                first = problems[problem.id].place
                raise place.bad(
                    f"{problem.id} is there twice, first in line {first.number if first else '?'}"
                )
            if window.selects(row):
                problems[problem.id] = problem
                private += "private_test_cases" in row
        hashes.append(digest.hexdigest())
    if not problems:
        raise _no_problems_error(files, window, days)
    whole = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
    faulty = {one.id: why for one in problems.values() if (why := erratum(one.id, one.facts["title"] or ""))}
    version = _version(known_name(hashes), window, public_only=not private)
    return ContestSet(name, version, whole, tuple(problems.values()), files[0], faulty)


def _version(release: str | None, window: Window, *, public_only: bool) -> str | None:
    """What identifies which of LiveCodeBench's problems, and which of their tests, a score is about."""
    chosen = None if window == Window() else str(window)
    parts = (release, chosen, PUBLIC_ONLY if public_only else None)
    return ", ".join(part for part in parts if part) or None


def _no_problems_error(files: Sequence[Path], window: Window, days: Sequence[date]) -> ProblemsError:
    names = ", ".join(str(path) for path in files)
    if not days:
        return ProblemsError(f"{names} is empty: it needs one JSON object a line")
    span = f"its problems are from {min(days)} to {max(days)}"
    return ProblemsError(f"no problem in {names} ({window}): {span}")


def parse_day(text: str, flag: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise UsageError(f"{flag} {text} is no date: give it like 2025-02-01") from None


def _lines(path: Path, digest: hashlib._Hash) -> Iterator[tuple[LineLocation, date, bytes]]:
    """Each line with its date; the rest of it is not looked at."""
    offset = 0
    with as_problems_error(path), path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            digest.update(line)
            place = LineLocation(path, number, offset, len(line))
            offset += len(line)
            if line.isspace():
                continue
            yield place, _day(place, line), line


def _day(place: LineLocation, line: bytes) -> date:
    if not line.rstrip().endswith(b"}"):
        raise place.bad("the line ends in the middle: the file was cut short, get it again")
    match = _DATE.search(line)
    if match is None:
        _parsed(place, line)
        raise place.bad("the field 'contest_date' is missing, or is no date like 2025-02-01")
    try:
        return date.fromisoformat(match[1].decode())
    except ValueError:
        raise place.bad(f"contest_date {match[1].decode()} is no date") from None


def _parsed(place: LineLocation, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise place.bad(f"not JSON ({error})") from None
    if not isinstance(row, dict):
        raise place.bad(f"a JSON object is needed, this is a {type(row).__name__}")
    return row


def _problem(row: dict[str, Any], place: LineLocation, day: date) -> ContestProblem:
    try:
        method = _json(row.get("metadata") or "{}").get("func_name") or None
        _json(row["public_test_cases"])
        return ContestProblem(
            id=text_field(row, "question_id"),
            prompt=text_field(row, "question_content"),
            entry_point=SOLUTION if method else None,
            difficulty=text_field(row, "difficulty"),
            facts={
                "platform": text_field(row, "platform"),
                "month": f"{day:%Y-%m}",
                "title": row.get("question_title"),
            },
            method=method,
            starter_code=row.get("starter_code") or "",
            day=day,
            place=place,
        )
    except KeyError as error:
        raise place.bad(f"the field {error} is missing") from None
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise place.bad(str(error)) from None


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _tests(row: dict[str, Any], place: LineLocation, *, functional: bool) -> tuple[Test, ...]:
    try:
        tests = [*_json(row["public_test_cases"]), *read_private(row.get("private_test_cases"))]
        return tuple(_test(test, functional) for test in tests)
    except KeyError as error:
        raise place.bad(f"a test's field {error} is missing") from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise place.bad(str(error)) from None


def _test(test: dict[str, Any], functional: bool) -> Test:
    kind = test.get("testtype", "functional" if functional else "stdin")
    if kind not in TEST_TYPES:
        raise ValueError(f"unknown testtype {kind!r}: known are {', '.join(TEST_TYPES)}")
    if (kind == "functional") is not functional:
        raise ValueError(f"a {kind} test, but its metadata names {'a' if functional else 'no'} function")
    result = Test(text_field(test, "input"), text_field(test, "output"))
    result.input.encode()  # half a surrogate pair goes to no program
    if functional:  # one JSON value a line
        for line in (*result.input.split("\n"), result.output):
            read_value(line)
    return result


def read_value(text: str) -> Any:
    """A value of a test. Python refuses an integer of thousands of digits; as a Decimal it reads it."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, parse_int=lambda digits: int(Decimal(digits)))
