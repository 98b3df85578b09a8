"""The demo's problems and files, without any server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchkit.serving.gguf import read_model_file
from tests.support import F16, QUANTIZED, ROOT, TASKS_MODEL

PROBLEMS = [json.loads(line) for line in (ROOT / "demo" / "problems.jsonl").read_text().splitlines()]


def judge(problem: dict[str, str], body: str) -> None:
    """Plainly, in this process: the code is our own."""
    names: dict[str, Any] = {}
    exec(problem["prompt"] + body + "\n" + problem["test"], names)
    names["check"](names[problem["entry_point"]])


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem["entry_point"])
def test_canonical_solution_passes_and_doing_nothing_does_not(problem: dict[str, str]) -> None:
    """Each problem's own solution satisfies its test, and the test is one that can fail."""
    judge(problem, problem["canonical_solution"])
    with pytest.raises(AssertionError):
        judge(problem, "    pass\n")


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem["entry_point"])
def test_docstring_example_is_true(problem: dict[str, str]) -> None:
    """What the prompt shows as an example is what the solution returns."""
    names: dict[str, Any] = {}
    exec(problem["prompt"] + problem["canonical_solution"], names)
    call, expected = problem["prompt"].partition(">>> ")[2].splitlines()[:2]
    assert repr(eval(call, names)) == expected.strip()


def test_problems_are_named_in_order_and_once() -> None:
    """Ids run from Demo/0 on and no function is asked for twice."""
    assert [problem["task_id"] for problem in PROBLEMS] == [f"Demo/{n}" for n in range(20)]
    assert len({problem["entry_point"] for problem in PROBLEMS}) == 20


def test_models_are_small_and_whole() -> None:
    """All files together stay under 4 MB, and our own reader finds the Llama architecture in each."""
    assert sum(path.stat().st_size for path in (F16, QUANTIZED, TASKS_MODEL)) < 4_000_000
    assert read_model_file(TASKS_MODEL).architecture == "llama"
    for path, quantization in ((F16, "F16"), (QUANTIZED, "Q2_K")):
        model = read_model_file(path)
        assert model.architecture == "llama"
        assert model.context_length == 2048
        assert model.parameters is not None
        assert 1_000_000 < model.parameters < 1_500_000
        assert quantization in str(model.quantization)
