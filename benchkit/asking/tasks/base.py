"""What a catalogue holds: tasks with a starter, hidden tests and limits, as frozen plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Self

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.errors import UnknownName, UsageError
from benchkit.languages import Command

Files = Mapping[str, bytes]
"""A folder's files by their names relative to it, with forward slashes."""

DIFFICULTIES = ("easy", "medium", "hard", "expert")
TEST_GENERATION = "test generation"
AREAS = (
    *("feature", "bug fix", "refactor", "algorithm", "concurrency", "cli tool", "backend", "frontend"),
    TEST_GENERATION,
)


MOST_SECONDS, MOST_MEMORY_MB = 3600, 1 << 20


@dataclass(frozen=True)
class TaskLimits:
    """What building and testing an answer may take."""

    build_s: float = 60.0
    test_s: float = 20.0
    memory_mb: int = 1024
    threads: int = 256


@dataclass(frozen=True)
class Case:
    """One test case of a task in the small form: an input and the expected output."""

    name: str
    input: Any
    expected: Any
    timeout: float
    weight: float = 1.0


@dataclass(frozen=True)
class OwnCommands:
    """A task's own build and test commands, in place of its language's."""

    test: Command  # reports with the token that it reads, as our own runners do
    build: tuple[Command, ...] = ()
    products: tuple[str, ...] = ()  # files that the build makes and the test needs


@dataclass(frozen=True, kw_only=True)
class Task(Problem):
    """A task of a catalogue; `prompt` holds its instructions."""

    title: str
    area: str
    tags: tuple[str, ...] = ()
    editable: tuple[str, ...]  # files that an answer may change or create; all others are restored
    protected: tuple[str, ...] = ()  # shown to the model, never changed by it
    limits: TaskLimits = TaskLimits()
    toolchain: Mapping[str, str] = field(default_factory=dict)  # program -> the oldest sufficient version
    packages: tuple[str, ...] = ()
    checks: int  # how many the reference runs
    commands: OwnCommands | None = None
    cases: tuple[Case, ...] = ()  # of a task in the small form, which has no test files
    entry_point: str | None = None  # the function that cases call; None: the answer is a program
    kill_share: float | None = None  # test generation: the share of mutants that tests must kill
    heavy: str | None = None  # a script in the task's folder that uses the workspace long enough to be timed
    weights: Mapping[str, float] = field(default_factory=dict)  # by a check's name; empty: all count alike
    workspace: Files
    tests: Files
    folder: Path | None = None  # holds solution and mutants; None: the task came from a catalogue file
    reference: Files = field(default_factory=dict)  # of a task without a folder
    is_of_others: bool = False  # its tests come from another project: our rules for tests do not apply
    starter_passes: bool = False  # an answer that changes nothing is known to pass
    sha256: str = ""

    @property
    def generates_tests(self) -> bool:
        return self.area == TEST_GENERATION


@dataclass(frozen=True)
class Catalogue(ProblemSet):
    """Tasks, in the order of their names unless they were shuffled."""

    problems: tuple[Task, ...] = ()

    def choose(self, choice: TaskChoice) -> Self:
        """The selected tasks; UsageError where a name is unknown or no task is left."""
        known = {task.id: task for task in self.problems}
        for name in choice.ids:
            if name not in known:
                raise UnknownName("task", name, known)
        chosen = [task for task in self.problems if choice.fits(task)]
        if not chosen:
            raise UsageError(f"no task of {self.name} is {choice.in_words()}")
        if choice.shuffle is not None:
            Random(choice.shuffle).shuffle(chosen)
        return replace(self, problems=tuple(chosen[: choice.limit]))


@dataclass(frozen=True)
class TaskChoice:
    """A selection among the tasks of a catalogue; an empty field selects all."""

    ids: Iterable[str] = ()
    languages: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    difficulties: tuple[str, ...] = ()
    limit: int | None = None
    shuffle: int | None = None

    def fits(self, task: Task) -> bool:
        asked: tuple[tuple[Any, Any], ...] = (
            (task.id, tuple(self.ids)),
            (task.language.name, self.languages),
            (task.area, self.areas),
            (task.difficulty, self.difficulties),
        )
        return all(not wanted or value in wanted for value, wanted in asked)

    def in_words(self) -> str:
        parts = (*self.ids, *self.languages, *self.areas, *self.difficulties)
        return " and ".join(parts)
