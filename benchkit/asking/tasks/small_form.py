"""A catalogue as one file: a list of tasks, each with a prompt and cases of input and output.

A task: `id, difficulty: easy|medium|hard|extreme, prompt, test_cases: [{input, expected_output, timeout,
weight}], reference_solution, metadata`. `metadata` may hold `language` (python is the default) and
`entry_point`: with it a case's input is the arguments of a call, without it the program's stdin.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from benchkit.asking.tasks.base import Catalogue, Files, Task, TaskLimits
from benchkit.errors import ProblemsError
from benchkit.languages import LANGUAGES

DIFFICULTIES = {"easy": "easy", "medium": "medium", "hard": "hard", "extreme": "expert"}
SUFFIXES = (".json", ".yaml", ".yml")
SOLUTION = "solution.py"
TESTS = "test_small_form.py"
CASE_NAME = "test_case_{:03}"  # of a case's test, by its number
WALL_S = 10.0


class BadTask(ProblemsError):
    """A task of the file that cannot be used."""


def read_small_form(path: Path) -> Catalogue:
    """All tasks of the file; ProblemsError names task and field."""
    try:
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemsError(f"the catalogue {path} cannot be read: {error}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise ProblemsError(f"{path}: {' '.join(str(error).split())}") from None
    if isinstance(rows, dict):
        rows = rows.get("tasks")
    if not isinstance(rows, list) or not rows:
        raise ProblemsError(f"{path}: must be a list of tasks")
    tasks: dict[str, Task] = {}
    for number, row in enumerate(rows, 1):
        task = _task(path, number, row)
        if task.id in tasks:
            raise BadTask(f"{path}, task {number}: the id {task.id} is there twice")
        tasks[task.id] = task
    digest = sha256(text.encode()).hexdigest()
    return Catalogue(path.stem, None, digest, tuple(tasks.values()), path)


def _task(path: Path, number: int, row: Any) -> Task:
    if not isinstance(row, dict):
        raise BadTask(f"{path}, task {number}: must be an object")
    where = f"{path}, task {number} ({row.get('id', 'without an id')})"
    facts = row.get("metadata") or {}
    language = facts.get("language", "python")
    if language != "python":
        raise BadTask(f"{where}, metadata.language: {language!r}; this form is judged in python")
    for name in ("id", "prompt"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise BadTask(f"{where}, {name}: must be text")
    if row.get("difficulty", "medium") not in DIFFICULTIES:
        known = ", ".join(DIFFICULTIES)
        raise BadTask(f"{where}, difficulty: {row['difficulty']!r}; known are {known}")
    cases = _cases(where, row.get("test_cases"))
    reference = row.get("reference_solution")
    return Task(
        id=row["id"],
        prompt=row["prompt"],
        difficulty=DIFFICULTIES[row.get("difficulty", "medium")],
        facts={"language": language, "area": "algorithm"},
        language=LANGUAGES[language],
        title=str(facts.get("title") or row["id"]),
        area="algorithm",
        editable=(SOLUTION,),
        limits=TaskLimits(test_s=sum(case["timeout"] for case in cases) + WALL_S),
        checks=len(cases),
        weights={CASE_NAME.format(number): float(case["weight"]) for number, case in enumerate(cases, 1)},
        workspace={SOLUTION: b""},
        tests=_tests(cases, facts.get("entry_point")),
        reference={SOLUTION: reference.encode()} if isinstance(reference, str) else {},
        sha256=sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest(),
    )


def _cases(where: str, cases: Any) -> list[dict[str, Any]]:
    if not isinstance(cases, list) or not cases:
        raise BadTask(f"{where}, test_cases: must be a list with at least one case")
    for number, case in enumerate(cases, 1):
        if not isinstance(case, dict) or not {"input", "expected_output"} <= case.keys():
            raise BadTask(f"{where}, test case {number}: needs input and expected_output")
        weight = case.get("weight", 1)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not weight > 0:
            raise BadTask(f"{where}, test case {number}, weight: must be a number above 0, is {weight!r}")
    return [{"timeout": WALL_S, "weight": 1, **case} for case in cases]


def _tests(cases: list[dict[str, Any]], entry_point: str | None) -> Files:
    """A test for each case, as unittest has them."""
    given = json.dumps(json.dumps(cases, default=str))
    text = _TESTS.format(cases=given, entry_point=entry_point, name=CASE_NAME)
    return {TESTS: text.encode()}


_TESTS = '''import json
import subprocess
import sys
import unittest

CASES = json.loads({cases})
ENTRY_POINT = {entry_point!r}


class Cases(unittest.TestCase):
    """One test a case."""

    def call(self, case):
        import solution

        given = case["input"]
        arguments = given if isinstance(given, list) else [given]
        self.assertEqual(getattr(solution, ENTRY_POINT)(*arguments), case["expected_output"])

    def run_program(self, case):
        done = subprocess.run(
            [sys.executable, "solution.py"],
            input=str(case["input"]),
            capture_output=True,
            text=True,
            timeout=case["timeout"],
        )
        sys.stderr.write(done.stderr)
        self.assertEqual(done.stdout.split(), str(case["expected_output"]).split())


def _make(case):
    return lambda self: self.call(case) if ENTRY_POINT else self.run_program(case)


for number, each in enumerate(CASES, 1):
    setattr(Cases, {name!r}.format(number), _make(each))
'''
