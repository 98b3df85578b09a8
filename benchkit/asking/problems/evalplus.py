"""The + sets' form: inputs, base and extra, whose right outputs are those of the canonical solution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from benchkit.asking.problems.base import Problem, text_field
from benchkit.asking.problems.mbpp_types import typed_inputs

Family = Literal["humaneval", "mbpp"]


@dataclass(frozen=True)
class DifferentialProblem(Problem):
    """A problem that is judged by comparing outputs with a right solution's."""

    canonical_solution: str = ""  # a whole program
    base_inputs: Sequence[Sequence[Any]] = ()
    plus_inputs: Sequence[Sequence[Any]] = ()
    atol: float = 0.0
    family: Family = "humaneval"  # some functions of either family have an oracle of their own

    @property
    def solution(self) -> str | None:
        return self.canonical_solution


class EvalPlusForm:
    """Rows with task_id, prompt, entry_point, canonical_solution, base_input, plus_input, atol."""

    NEEDED = frozenset({"task_id", "prompt", "canonical_solution", "base_input", "plus_input", "atol"})

    def __init__(self, family: Family) -> None:
        self._family = family

    def fits(self, row: Mapping[str, Any]) -> bool:
        mbpp = str(row.get("task_id")).startswith("Mbpp/")
        return row.keys() >= self.NEEDED and mbpp == (self._family == "mbpp")

    def problem(self, row: Mapping[str, Any]) -> DifferentialProblem:
        typed = typed_inputs if self._family == "mbpp" else _as_they_are
        return DifferentialProblem(
            id=text_field(row, "task_id"),
            prompt=text_field(row, "prompt"),
            entry_point=text_field(row, "entry_point"),
            difficulty=row.get("difficulty"),
            canonical_solution=row["prompt"] + text_field(row, "canonical_solution"),
            base_inputs=typed(row["task_id"], row["base_input"]),
            plus_inputs=typed(row["task_id"], row["plus_input"]),
            atol=row["atol"],
            family=self._family,
        )


def _as_they_are(_task_id: str, inputs: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    return inputs
