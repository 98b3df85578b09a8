"""Saved answers to LiveCodeBench: its own two forms (one JSON list), and ours (.jsonl, a run's folder).

The custom evaluator's form is [{"question_id", "code_list"}]; `_eval_all.json` has `output_list` beside it,
from which the code is taken where `code_list` has none.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from benchkit.asking.problems.base import Problem, ProblemSet, text_field
from benchkit.asking.problems.reading import Row, as_problems_error, rows
from benchkit.errors import ProblemsError
from benchkit.judging.scoring.saved import RUN, SamplesKind, Saved, SavedAnswers, matched, read_run

FORMS = (
    'a list of {"question_id", "code_list"}, or lines of {"task_id", "solution"} or {"task_id", "response"}'
)


@dataclass(frozen=True)
class Generations:
    """The answers of one JSON list, by question."""

    path: Path
    answers: Mapping[str, tuple[tuple[str, str], ...]] = field(repr=False)  # id -> (code, output) a sample
    missing: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def count(self) -> int:
        return sum(map(len, self.answers.values()))

    @property
    def fewest(self) -> int:
        return min(map(len, self.answers.values()))

    def read(self, problem_set: ProblemSet) -> Iterator[Saved]:
        for problem in problem_set.problems:
            for sample, (code, output) in enumerate(self.answers.get(problem.id, ())):
                given = code if code.strip() or not output else None
                yield Saved(problem, sample, code=given, response=output)


def read_generations(path: Path, problem_set: ProblemSet) -> SavedAnswers:
    """The answers of a file of any of the forms, or of an earlier run's folder."""
    if path.is_dir():
        return read_run(path, problem_set)
    with as_problems_error(path), path.open("rb") as file:
        if file.read(256).removeprefix(BOM_UTF8).lstrip()[:1] == b"[":
            file.seek(0)
            return _listed(path, _parsed(path, file.read()), problem_set)
    _, first = next(rows(path, skip_broken=True))
    return matched(path, problem_set, RUN if "response" in first else SOLUTIONS)


def _parsed(path: Path, content: bytes) -> list[Any]:
    try:
        questions: list[Any] = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ProblemsError(f"{path} is no JSON: {error}") from None
    if not questions:
        raise ProblemsError(f"{path} holds no answers: it needs {FORMS}")
    return questions


def _listed(path: Path, questions: list[Any], problem_set: ProblemSet) -> Generations:
    answers: dict[str, tuple[tuple[str, str], ...]] = {}
    for number, question in enumerate(questions, start=1):
        if not isinstance(question, dict) or "question_id" not in question:
            raise ProblemsError(f"{path}, entry {number}: no 'question_id' there; needed is {FORMS}")
        name = str(question["question_id"])
        if name in answers:
            raise ProblemsError(f"{path}, entry {number}: {name} is there twice")
        answers[name] = _samples(path, name, question)
    _refuse_unequal(path, answers)
    known = {problem.id for problem in problem_set.problems}
    chosen = {name: answers[name] for name in answers if name in known}
    if not chosen:
        raise ProblemsError(
            f"no answer in {path} is for {problem_set.name}: it has {next(iter(answers))}, "
            f"the problems {problem_set.problems[0].id}"
        )
    missing = tuple(problem.id for problem in problem_set.problems if problem.id not in chosen)
    return Generations(path, chosen, missing, tuple(name for name in answers if name not in known))


def _samples(path: Path, name: str, question: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    codes, outputs = (question.get(key) or [] for key in ("code_list", "output_list"))
    for one in (codes, outputs):
        if not isinstance(one, list) or not all(isinstance(text, str | None) for text in one):
            raise ProblemsError(f"{path}: code_list and output_list of {name} must be lists of texts")
    return tuple((code or "", output or "") for code, output in zip_longest(codes, outputs))


def _refuse_unequal(path: Path, answers: Mapping[str, tuple[tuple[str, str], ...]]) -> None:
    """Refuse different numbers of samples: pass@k would differ in meaning between problems."""
    (first, wanted), *others = ((name, len(samples)) for name, samples in answers.items())
    for name, samples in others:
        if samples != wanted:
            raise ProblemsError(
                f"{path}: {first} has {wanted} answers and {name} {samples}; all need as many"
            )
    if not wanted:
        raise ProblemsError(f"{path} holds no answers: code_list and output_list of {first} are empty")


def _check_solution(row: Row) -> None:
    if "solution" not in row and "completion" not in row:
        raise ValueError(f"no answer there; needed is {FORMS}")
    text_field(row, "solution" if "solution" in row else "completion")


def _solution(problem: Problem, sample: int, row: Row) -> Saved:
    """A contest's program is complete: it continues no prompt."""
    return Saved(problem, row.get("sample", sample), code=row.get("solution", row.get("completion")))


SOLUTIONS = SamplesKind(_check_solution, _solution, skip_broken=False)
