"""Answers whose truth is known: references pass their tests, mutants fail them; the gate has shown both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from benchkit.asking.answers.edits import Malformed, apply_blocks
from benchkit.asking.tasks.base import Task
from benchkit.asking.tasks.folders import ALTERNATIVE, MUTANTS, SOLUTION, read_mutants, read_solution
from benchkit.judging.judges.llm.rubrics import rubric_name
from benchkit.judging.judges.llm.subjects import Subject

MUTANTS_OF_A_TASK = 2


@dataclass(frozen=True)
class KnownTask:
    """A task with right and wrong answers to it; the first of each is used where one is enough."""

    task: Task
    right: tuple[Subject, ...]
    wrong: tuple[Subject, ...]


def known_task(task: Task) -> KnownTask | None:
    """None where its folder lacks a reference or a mutant that can be applied."""
    right = [
        _subject(task, name, files)
        for name in (SOLUTION, ALTERNATIVE)
        if (files := read_solution(task, name))
    ]
    wrong = [_subject(task, name, files) for name, files in _mutants(task)]
    if not right or not wrong:
        return None
    return KnownTask(task, tuple(right), tuple(wrong[:MUTANTS_OF_A_TASK]))


def _mutants(task: Task) -> list[tuple[str, Mapping[str, bytes]]]:
    if task.folder is None:
        return []
    solution = {**task.workspace, **read_solution(task)}
    mutants: list[tuple[str, Mapping[str, bytes]]] = []
    for mutant in read_mutants(task.folder / MUTANTS):
        try:
            mutants.append((mutant.name, apply_blocks(mutant.edits, solution)))
        except Malformed:
            continue
    return mutants


def _subject(task: Task, name: str, files: Mapping[str, bytes]) -> Subject:
    """What an answer shows: the files that it may change."""
    whole = {**task.workspace, **files}
    code = {path: whole[path].decode("utf-8", "replace") for path in task.editable if path in whole}
    return Subject(f"{task.id}/{name}", 0, rubric_name(task.area), task.prompt, code)


def spread(tasks: Iterable[Task]) -> list[Task]:
    """In an order in which each rubric comes in turn, and each language within them."""
    by_rubric: dict[str, dict[str, list[Task]]] = defaultdict(lambda: defaultdict(list))
    for task in sorted(tasks, key=lambda one: one.id):
        by_rubric[rubric_name(task.area)][task.language.name].append(task)
    mixed = [_in_turn(list(languages.values())) for _, languages in sorted(by_rubric.items())]
    return _in_turn(mixed)


def _in_turn(lists: Sequence[Sequence[Task]]) -> list[Task]:
    return [task for row in zip_longest(*lists) for task in row if task is not None]
