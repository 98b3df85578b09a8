"""Verdicts in the form of LiveCodeBench's `_eval_all.json`, which its compute_scores.py reads."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from benchkit.asking.answers import extract
from benchkit.asking.problems.livecodebench import ContestProblem, ContestSet
from benchkit.judging.scoring.base import Judged
from benchkit.judging.scoring.saved import Saved, SavedAnswers
from benchkit.verdict import Verdict

OF_THE_QUESTION = (
    "question_title", "question_content", "platform", "question_id", "contest_id", "contest_date",
    "starter_code", "difficulty",
)  # fmt: skip
ERROR_CODES = {Verdict.WRONG: (-2, "Wrong Answer"), Verdict.TIMEOUT: (-3, "Time Limit Exceeded")}
OTHER_ERROR = (-4, "Runtime Error")


def eval_all(
    problem_set: ContestSet, answers: SavedAnswers, judged: Iterable[Judged]
) -> list[dict[str, Any]]:
    """One entry a question, by id; samples that could not be judged are left out."""
    verdicts = {(row.task_id, row.sample): row for row in judged if row.verdict is not Verdict.INFRASTRUCTURE}
    by_problem: dict[str, list[tuple[Saved, Judged]]] = defaultdict(list)
    for saved in answers.read(problem_set):
        if row := verdicts.get((saved.problem.id, saved.sample)):
            by_problem[saved.problem.id].append((saved, row))
    problems = sorted(problem_set.problems, key=lambda problem: problem.id)
    return [_entry(problem, by_problem[problem.id]) for problem in problems if problem.id in by_problem]


def _entry(problem: ContestProblem, samples: list[tuple[Saved, Judged]]) -> dict[str, Any]:
    assert problem.place is not None
    row = problem.place.read()
    graded = [judged.verdict is Verdict.PASSED for _, judged in samples]
    return {
        **{name: row.get(name, "") for name in OF_THE_QUESTION},
        "output_list": [saved.response or saved.code or "" for saved, _ in samples],
        "code_list": [_code(saved) for saved, _ in samples],
        "graded_list": graded,
        "pass@1": sum(graded) / len(graded),
        "metadata": [json.dumps(_metadata(judged)) for _, judged in samples],
    }


def _code(saved: Saved) -> str:
    if saved.code is not None:
        return saved.code
    problem = saved.problem
    return extract(saved.response, prompt=problem.prompt, entry_point=problem.entry_point).source


def _metadata(judged: Judged) -> dict[str, Any]:
    if judged.verdict is Verdict.PASSED:
        return {"execution time": judged.seconds}
    code, message = ERROR_CODES.get(judged.verdict, OTHER_ERROR)
    names = {"got": "output", "input": "inputs", "expected": "expected"}
    shown = {theirs: judged.further[ours] for ours, theirs in names.items() if ours in judged.further}
    return {**shown, "error": judged.detail, "error_code": code, "error_message": message}
