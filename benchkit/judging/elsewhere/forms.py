"""What passes between a run and the boxes that judge for it: frozen data as bytes, and back.

The bytes are those that the sandbox's own processes write plain data in, packed; they name values and
classes of the table below, and can do no more.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.asking.problems.livecodebench import ContestProblem, Test
from benchkit.asking.problems.multipl_e import WholeProgramProblem
from benchkit.asking.tasks.base import Case, OwnCommands, Task, TaskLimits
from benchkit.judging.judges.base import Judgement
from benchkit.judging.sandbox import AskedLimits, Isolation
from benchkit.judging.sandbox.wire.codec import encode
from benchkit.judging.sandbox.wire.decoding import decode
from benchkit.judging.tasks.browser import BrowserResult
from benchkit.judging.tasks.judge import Attempt
from benchkit.judging.tasks.proof import Check, Proof
from benchkit.judging.tasks.tested import Tested
from benchkit.languages import LANGUAGES
from benchkit.verdict import Verdict

PACKING = 1  # the fastest


@dataclass(frozen=True)
class SessionRequest:
    """What a run wants judged, as it opens its session at a box."""

    set_name: str
    set_version: str | None
    set_sha256: str
    examples: tuple[Problem, ...]  # one of each language: they tell which judge it takes
    level: str
    workers: int | None  # at most so many at once; None: one a core
    limits: AskedLimits
    browser: bool = False


@dataclass(frozen=True)
class Opened:
    """With what a box judges."""

    isolation: Isolation
    workers: int
    toolchains: Mapping[str, str | None]  # by language; None: missing there
    missing: Mapping[str, str]  # by language: why, and what brings it
    conditions: Mapping[str, Any]


@dataclass(frozen=True)
class ProblemPart:
    """A piece of a problem's bytes, which go ahead of the first answer to it."""

    key: str
    offset: int
    whole: int
    data: bytes


@dataclass(frozen=True)
class AnswerToJudge:
    """An answer to be judged: code, or what a model wrote for a task."""

    key: str  # of its problem
    text: str
    truncated: bool = False
    start: Mapping[str, bytes] | None = None  # the files that it changes, where they are not the task's own


@dataclass(frozen=True)
class Unknown:
    """The box has no such problem, or no more: it is to be sent."""


@dataclass(frozen=True)
class Failed:
    """There is no verdict."""

    why: str
    of_answer: bool = False  # it meets a bug of ours: the box is as sound as any
    usage: bool = False  # something is missing there


CLASSES: Mapping[str, type] = {
    one.__name__: one
    for one in (
        *(SessionRequest, Opened, ProblemPart, AnswerToJudge, Unknown, Failed),
        *(AskedLimits, Isolation, Judgement, Attempt, Tested, Proof, Check, BrowserResult),
        *(TestedProblem, DifferentialProblem, WholeProgramProblem, ContestProblem, Test),
        *(Task, TaskLimits, Case, OwnCommands),
    )
}
"""All that may be sent."""

_TUPLE, _LANGUAGE, _VERDICT, _DATE = "", "language", "verdict", "date"


def pack(value: Any) -> bytes:
    return zlib.compress(encode(_plain(value)), PACKING)


def unpack(data: bytes) -> Any:
    """ValueError for bytes that `pack` did not make."""
    try:
        return _value(decode(zlib.decompress(data)))
    except (zlib.error, TypeError, KeyError, AttributeError, IndexError) as error:
        raise ValueError(f"these bytes are no message between boxes: {error}") from None


def self_contained(problem: Problem) -> Problem:
    """With its tests, which a contest's problem reads from a file; without what lies on this machine."""
    if isinstance(problem, ContestProblem):
        return replace(problem, place=None, given=problem.tests())
    if isinstance(problem, Task):
        return replace(problem, folder=None, reference={})
    return problem


def examples_of(problem_set: ProblemSet) -> tuple[Problem, ...]:
    """The first problem of each language."""
    first: dict[str, Problem] = {}
    for problem in problem_set.problems:
        first.setdefault(problem.language.name, problem)
    return tuple(map(self_contained, first.values()))


def work_of(
    problem_set: ProblemSet, level: str, workers: int | None, limits: AskedLimits, *, browser: bool = False
) -> SessionRequest:
    """What boxes must know of a problem set before they judge it."""
    name, version, sha256 = problem_set.name, problem_set.version, problem_set.sha256
    return SessionRequest(name, version, sha256, examples_of(problem_set), level, workers, limits, browser)


def _plain(value: Any) -> Any:
    if value is None or type(value) in (str, int, float, bool, bytes):
        return value
    if type(value) is tuple:
        return (_TUPLE, *map(_plain, value))
    if type(value) is list:
        return [*map(_plain, value)]
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Verdict):
        return (_VERDICT, str(value))
    if type(value) is date:
        return (_DATE, value.isoformat())
    if is_dataclass(value) and CLASSES.get(type(value).__name__) is type(value):
        return (type(value).__name__, {one.name: _plain(getattr(value, one.name)) for one in fields(value)})
    if value in LANGUAGES.values():
        return (_LANGUAGE, value.name)
    return value


def _value(plain: Any) -> Any:
    if type(plain) is list:
        return [*map(_value, plain)]
    if type(plain) is dict:
        return {_value(key): _value(item) for key, item in plain.items()}
    if type(plain) is not tuple:
        return plain
    kind, *content = plain
    if kind == _TUPLE:
        return tuple(map(_value, content))
    (only,) = content
    if kind in CLASSES:
        return CLASSES[kind](**{name: _value(item) for name, item in only.items()})
    return _OTHERS[kind](only)


_OTHERS: Mapping[str, Any] = {
    _LANGUAGE: LANGUAGES.__getitem__,
    _VERDICT: Verdict,
    _DATE: date.fromisoformat,
}
