"""The four parts and their overall, from answers to a table: for functions and for tasks of a catalogue."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.asking.tasks.folders import ALTERNATIVE, SOLUTION, read_solution
from benchkit.errors import MissingDependency
from benchkit.judging.scoring.composite.heavy import heavy_inputs
from tests.stand_ins.chat_server import Do, Turn, chat_server
from tests.support import Bench

COLUMNS = "model,correctness,speed,quality,efficiency,overall"
FIGURES = "model,maintainability,cyclomatic,coverage"
TASKS = (
    "python_easy_duration_text",
    "javascript_easy_page_ranges",
    "python_testgen_version_ranges",
)


def answered(turn: Turn, text: str) -> None:
    """The runner's own question, which is not streamed, gets any word."""
    if turn.body.get("stream"):
        return turn.answer(text)
    said = {"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
    return turn.status(200, {"choices": [said], "usage": {"completion_tokens": 1}})


@contextmanager
def served(name: str, solve: Do) -> Iterator[str]:
    """The base URL of a model of this name."""

    def get(turn: Turn, path: str) -> bool:
        if path == "/v1/models":
            turn.status(200, {"object": "list", "data": [{"id": name, "object": "model"}]})
        return path == "/v1/models"

    with chat_server(solve) as server:
        server.get = get
        yield server.base_url


def check_parts(bench: Bench, rows: dict[str, dict[str, Any]]) -> None:
    """All are known; but speeds on a machine that does much else are refused, and the overall with them."""
    for row in rows.values():
        for part in ("correctness", "quality", "efficiency"):
            assert isinstance(row[part], float | int), row
        disturbed = "other programs" in row["parts"]["speed"].get("why", "")
        assert (row["speed"] is None) == (row["overall"] is None) == disturbed, row
    for row in table(bench, COLUMNS, "--without", "speed").values():
        assert isinstance(row["overall"], float | int), row


def table(bench: Bench, columns: str, *words: str) -> dict[str, dict[str, Any]]:
    done = bench("compare", "--columns", columns, "--format", "json", "--anyway", *words)
    assert done.returncode == 0, done.stderr
    (page,) = json.loads(done.stdout)
    return {row["model"]: row for row in page["rows"]}


@pytest.mark.heavy
def test_all_parts_of_functions_are_compared(bench: Bench, tmp_path: Path, shared_data: Path) -> None:
    """HumanEval by two models: the reference solutions, and the same after work that nobody asked for."""
    with gzip.open(shared_data / "humaneval" / "HumanEval.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    chosen = [row for row in rows if row["task_id"] in heavy_inputs()][:6]
    problems = tmp_path / "problems.jsonl"
    problems.write_text("".join(f"{json.dumps(row)}\n" for row in chosen))
    for name, extra in (("plain", ""), ("slow", "    for _ in range(3_000_000):\n        pass\n")):

        def solve(turn: Turn, extra: str = extra) -> None:
            row = next((one for one in chosen if one["prompt"].strip() in turn.question), chosen[0])
            answered(turn, f"```python\n{row['prompt']}{extra}{row['canonical_solution']}```")

        with served(name, solve) as base_url:
            flags = ["--benchmark", "human_eval", "--problems-file", problems, "--efficiency"]
            done = bench("--base-url", base_url, "--name", name, *flags)
        assert done.returncode == 0, done.stderr
    rows_of = table(bench, COLUMNS)
    check_parts(bench, rows_of)
    assert rows_of["plain"]["efficiency"] > rows_of["slow"]["efficiency"]
    assert rows_of["plain"]["quality"] > rows_of["slow"]["quality"]
    figures = table(bench, FIGURES)
    assert 0 < figures["plain"]["maintainability"] <= 100
    assert figures["plain"]["cyclomatic"] < figures["slow"]["cyclomatic"]


@pytest.mark.heavy
def test_all_parts_of_tasks_are_compared(bench: Bench) -> None:
    """Tasks of code and of tests by two models: one gives each reference, the other its second solution."""
    known = {task.id: task for task in load_catalogue(None).problems}
    tasks = [known[name] for name in TASKS if is_here(known[name])]
    words = [word for task in tasks for word in ("--task", task.id)]
    for name, solution in (("one", SOLUTION), ("other", ALTERNATIVE)):

        def solve(turn: Turn, solution: str = solution) -> None:
            heads = [task for task in tasks if turn.question.startswith(f"{task.title} (")]
            files = read_solution((heads or tasks)[0], solution)
            answered(turn, "\n".join(f"{path}\n```\n{text.decode()}```" for path, text in files.items()))

        with served(name, solve) as base_url:
            flags = ["--benchmark", "tasks", *words, "--efficiency"]
            done = bench("--base-url", base_url, "--name", name, *flags)
        assert done.returncode == 0, done.stderr
    rows = table(bench, COLUMNS)
    check_parts(bench, rows)
    for row in rows.values():
        assert row["parts"]["efficiency"]["problems"] == len(tasks) - 1, row["parts"]
    assert rows["one"]["quality"] == 75
    figures = table(bench, FIGURES)
    assert 50 < figures["one"]["coverage"] <= 100


def is_here(task: Task) -> bool:
    try:
        task.language.find_toolchain()
    except MissingDependency:
        return False
    return True
