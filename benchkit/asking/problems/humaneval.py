"""HumanEval's form: a prompt to continue, and a `check(candidate)` that must run to its end.

Whoever has problems of their own writes them in this form; see demo/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchkit.asking.problems.base import Problem, language_field, text_field


@dataclass(frozen=True)
class TestedProblem(Problem):
    """A problem with a test of its own, in its language."""

    __test__ = False  # no test class, whatever pytest thinks of the name

    test: str = ""  # in Python: defines check(candidate)
    canonical_solution: str | None = None  # a whole program

    @property
    def solution(self) -> str | None:
        return self.canonical_solution


class HumanEvalForm:
    """Rows with task_id, prompt, entry_point, test; `language` where it is not Python."""

    def fits(self, row: Mapping[str, Any]) -> bool:
        return {"task_id", "prompt", "entry_point", "test"} <= row.keys()

    def problem(self, row: Mapping[str, Any]) -> TestedProblem:
        solution = row.get("canonical_solution")
        return TestedProblem(
            id=text_field(row, "task_id"),
            prompt=text_field(row, "prompt"),
            entry_point=text_field(row, "entry_point"),
            difficulty=row.get("difficulty"),
            language=language_field(row),
            test=text_field(row, "test"),
            canonical_solution=None if solution is None else row["prompt"] + solution,
        )
