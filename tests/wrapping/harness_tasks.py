"""The demo problems in the forms of other people's harnesses, and where those harnesses are."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path
from typing import Any

import pytest

from benchkit.running.command_line import find_program
from tests.support import ROOT

HOW = {"evalplus.evaluate": "make harnesses", "lm_eval": "make harnesses", "llama-bench": "make llama-server"}


def installed(program: str) -> str:
    """Where the harness is; skips where nobody installed it."""
    found = find_program(program)
    if found is None:
        pytest.skip(f"{program} is not installed: {HOW[program]}")
    return found


def path_with(program: str) -> str:
    """A PATH on which the harness is."""
    return os.pathsep.join([str(Path(installed(program)).parent), os.environ["PATH"]])


def demo_problems() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "demo" / "problems.jsonl").read_text().splitlines()]


def write_for_evalplus(file: Path, count: int) -> Path:
    """HumanEval+'s form: a problem's first two calls are its base inputs, the others the extra ones.

    The last problem has a solution that no model writes, so that one is failed.
    """
    problems = [plus for problem in demo_problems() if (plus := _plus(problem))][:count]
    name = problems[-1]["entry_point"]
    problems[-1]["canonical_solution"] = f"    return 'nobody answers this'  # {name}\n"
    file.write_text("".join(json.dumps(problem) + "\n" for problem in problems))
    return file


def _plus(problem: dict[str, Any]) -> dict[str, Any] | None:
    inputs = _inputs(problem["test"])
    if len(inputs) < 3 or not all(isinstance(one, int | str | list) for args in inputs for one in args):
        return None
    kept = {name: problem[name] for name in ("prompt", "entry_point", "canonical_solution")}
    task = problem["task_id"].replace("Demo", "HumanEval")
    tests = {"base_input": inputs[:2], "plus_input": inputs[2:]}
    return {**kept, **tests, "task_id": task, "contract": "", "atol": 0}


def _inputs(test: str) -> list[list[Any]]:
    calls = [node for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Call)]
    asked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "candidate"]
    try:
        return [[ast.literal_eval(argument) for argument in call.args] for call in asked]
    except ValueError:
        return []


def write_for_lm_eval(folder: Path, count: int) -> None:
    """A task that asks for a solution's first line; of one question nobody would answer what is expected."""
    questions = [
        {"question": problem["prompt"], "answer": problem["canonical_solution"].splitlines()[0].strip()}
        for problem in demo_problems()[:count]
    ]
    questions[1]["answer"] = "nobody answers this"
    documents = folder / "documents.jsonl"
    documents.write_text("".join(json.dumps(question) + "\n" for question in questions))
    (folder / "demo_task.yaml").write_text(TASK.replace("DOCUMENTS", str(documents)))


TASK = """
task: demo_task
dataset_path: json
dataset_kwargs: {data_files: {test: DOCUMENTS}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {max_gen_toks: 128, temperature: 0, until: ["NEVER"]}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
filter_list:
  - name: first-line
    filter: [{function: regex, regex_pattern: "\\\\n    (\\\\S.*)"}, {function: take_first}]
"""
