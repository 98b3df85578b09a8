"""What every problem set offers: problems, and the name, version and hash that a record keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self

from benchkit.asking.script import RandomPart
from benchkit.errors import ProblemsError, UsageError
from benchkit.languages import PYTHON, Language, find_language
from benchkit.racing import order_at_random

ShowProgress = Callable[[str], None]
"""Gets a line of progress, such as "fetching HumanEval.jsonl.gz, 43%"."""


@dataclass(frozen=True)
class Problem:
    """One task as the model is asked; how it is judged is for the subclass of its form."""

    id: str
    prompt: str  # code to continue (HumanEval), a docstring with the task (MBPP), the statement (contests)
    entry_point: str | None = None  # the function asked for; None where a whole program is
    difficulty: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)  # text, tests, platform, date…
    language: Language = PYTHON
    stop: tuple[str, ...] = ()  # what ends a raw completion of it; empty: what the prompt's style has

    @property
    def solution(self) -> str | None:
        """A whole program that solves it; None where the set has none."""
        return None


@dataclass(frozen=True)
class ProblemSet:
    """Problems of one file, in the file's order."""

    name: str
    version: str | None
    sha256: str
    problems: tuple[Problem, ...]
    path: Path | None = None
    faulty: Mapping[str, str] = field(default_factory=dict)  # problem id -> what is wrong with it
    part: RandomPart | None = None  # where only that of them was taken

    def as_record(self) -> dict[str, Any]:
        """What summary.json and the history keep of the set."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256}

    def part_as_record(self, left_out: int) -> dict[str, Any]:
        """The fields in summary.json about the part that was asked; none for the whole."""
        asked = len(self.problems) - left_out
        return {"part": replace(self.part, first=asked).as_record()} if self.part is not None else {}

    def select(self, ids: Iterable[str] = (), limit: int | None = None) -> Self:
        """The problems of these ids (none given: all), then the first `limit` of them."""
        wanted = set(ids)
        if limit is not None and limit < 1:
            raise UsageError(f"--limit {limit}: at least one problem must be asked")
        unknown = sorted(wanted - {problem.id for problem in self.problems})
        if unknown:
            span = f"its ids run from {self.problems[0].id} to {self.problems[-1].id}"
            raise UsageError(f"no task {', '.join(unknown)} in {self.name}: {span}")
        chosen = [problem for problem in self.problems if not wanted or problem.id in wanted]
        return replace(self, problems=tuple(chosen[:limit]))

    def take_part(self, part: RandomPart | None) -> Self:
        """The first problems of a random order; all of them where no part is asked for."""
        if part is None:
            return self
        by_id = {problem.id: problem for problem in self.problems}
        ordered = [by_id[name] for name in order_at_random(by_id, part.seed)]
        return replace(self, problems=tuple(ordered[: part.first]), part=replace(part, of=len(ordered)))


@dataclass(frozen=True)
class Release:
    """An official file: what it is called, where it comes from, and the hash that proves it."""

    version: str | None
    filename: str
    sha256: str
    url: str


class Form(Protocol):
    """One form of problems file: HumanEval's, evalplus's, MBPP's, a contest's…"""

    # Whether a row of a file has this form; asked of the first row only.
    def fits(self, row: Mapping[str, Any]) -> bool: ...

    # The problem of a row. Raises KeyError or ValueError where the row lacks what it needs.
    def problem(self, row: Mapping[str, Any]) -> Problem: ...


def text_field(row: Mapping[str, Any], name: str) -> str:
    """A field that must be there and be text."""
    value = row[name]
    if not isinstance(value, str):
        raise ValueError(f"the field {name!r} must be text, this is a {type(value).__name__}")
    return value


def language_field(row: Mapping[str, Any]) -> Language:
    """The row's own language; Python where it names none."""
    return find_language(text_field(row, "language")) if "language" in row else PYTHON


class BadRow(ProblemsError):
    """A line of a problems or samples file that cannot be used."""

    def __init__(self, path: Path, line: int, why: str) -> None:
        super().__init__(f"{path}, line {line}: {why}")
