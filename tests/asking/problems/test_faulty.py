"""The problems that are listed as faulty are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.problems import load
from benchkit.asking.problems.faulty import CONTRADICTORY, HUMANEVAL
from benchkit.asking.problems.humaneval import TestedProblem

# Arguments, and what the prompt's words demand of them.
RIGHT: dict[str, tuple[tuple[Any, ...], Any]] = {
    "HumanEval/44": ((0, 3), "0"),
    "HumanEval/49": ((0, 1), 0),
    "HumanEval/76": ((-2, -2), True),
    "HumanEval/91": ((" I sleep",), 1),
    "HumanEval/95": (({"a": 1, "b": 1, "C": 1},), False),
    "HumanEval/97": ((-6, -9), 54),
    "HumanEval/122": (([-10, 1], 1), -10),
    "HumanEval/124": (("12-31-1999",), True),
    "HumanEval/132": (("[][][]",), False),
    "HumanEval/140": (("a  ",), "a__"),
    "HumanEval/150": ((0, 0, 1), 1),
}


def problem(shared_data: Path, task_id: str) -> TestedProblem:
    found = load(file=shared_data / "humaneval/HumanEval.jsonl.gz").select([task_id]).problems[0]
    assert isinstance(found, TestedProblem)
    return found


@pytest.mark.parametrize("task_id", RIGHT)
def test_canonical_solution_is_wrong(shared_data: Path, task_id: str) -> None:
    """HumanEval's own solution answers this input against its prompt's words."""
    arguments, right = RIGHT[task_id]
    found = problem(shared_data, task_id)
    names: dict[str, Any] = {}
    assert found.entry_point is not None
    exec(found.canonical_solution or "", names)
    assert names[found.entry_point](*arguments) != right


def test_prompts_contradict_their_tests(shared_data: Path) -> None:
    """What the examples of 47 and 116 say is not what their tests want; 115 has no docstring."""
    assert "15.0" in problem(shared_data, "HumanEval/47").prompt
    assert "== 8.0" in problem(shared_data, "HumanEval/47").test
    assert "([1, 5, 2, 3, 4]) == [1, 2, 3, 4, 5]" in problem(shared_data, "HumanEval/116").prompt
    assert "([1,5,2,3,4]) == [1, 2, 4, 3, 5]" in problem(shared_data, "HumanEval/116").test
    names: dict[str, Any] = {}
    exec(problem(shared_data, "HumanEval/115").prompt, names)
    assert names["max_fill"].__doc__ is None


def test_every_listed_problem_is_shown_to_be_faulty() -> None:
    """Nothing is on the list without a check above."""
    assert set(HUMANEVAL) == set(RIGHT) | set(CONTRADICTORY) | {"HumanEval/115"}
