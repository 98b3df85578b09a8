"""Tasks in the small form: what a program prints or a call returns, and what the cases weigh."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.asking.tasks.folders import read_solution
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.judge import Attempt, TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.verdict import Verdict
from tests.support import ROOT

DOUBLES = {
    "python": "print(2 * int(input()))",
    "javascript": "import fs from 'node:fs';\nconsole.log(2 * Number(fs.readFileSync(0, 'utf8')));",
    "typescript": (
        "const fs = require('node:fs');\nconst n: number = +fs.readFileSync(0, 'utf8');\nconsole.log(2 * n);"
    ),
    "go": (
        'package main\n\nimport "fmt"\n\nfunc main() {\n\tvar n int\n\tfmt.Scan(&n)\n\tfmt.Println(2 * n)\n}'
    ),
    "rust": (
        "fn main() {\n    let mut s = String::new();\n    std::io::stdin().read_line(&mut s).unwrap();\n"
        '    println!("{}", 2 * s.trim().parse::<i64>().unwrap());\n}'
    ),
    "cpp": "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << 2 * n << std::endl; }",
}
LIGHT = ("python", "javascript")
CASES: list[dict[str, Any]] = [
    {"input": "4", "expected_output": "8", "weight": 3},
    {"input": 5, "expected_output": 10, "weight": 1, "timeout": 5},
]


def task_of(folder: Path, cases: list[dict[str, Any]], **metadata: Any) -> Task:
    row = {"id": "t", "prompt": "p", "test_cases": cases, "metadata": metadata}
    (folder / "mine.json").write_text(json.dumps([row]))
    return load_catalogue(folder / "mine.json").problems[0]


@pytest.fixture(scope="module")
def judge() -> Iterator[TaskJudge]:
    toolchains = find_toolchains(DOUBLES)
    with open_sandbox("auto", 1, toolchains.folders) as sandbox:
        yield TaskJudge(Tester(sandbox, toolchains.by_language))


def answered(judge: TaskJudge, task: Task, source: str) -> Attempt:
    return judge.judge_answer(task, f"{task.editable[0]}\n```\n{source}\n```\n")


@pytest.mark.parametrize(
    "language", [name if name in LIGHT else pytest.param(name, marks=pytest.mark.heavy) for name in DOUBLES]
)
def test_a_program_is_judged_by_what_it_prints(judge: TaskJudge, tmp_path: Path, language: str) -> None:
    """In every language; a wrong case costs its weight and the pass."""
    if isinstance(missing := judge.toolchain(language), MissingDependency):
        pytest.skip(str(missing))
    task = task_of(tmp_path, CASES, language=language)
    right = answered(judge, task, DOUBLES[language])
    assert (right.verdict, right.detail) == (Verdict.PASSED, "")
    assert right.as_record()["weight_share"] == 1
    wrong = answered(judge, task, DOUBLES[language].replace("2 * ", "2 + "))
    assert wrong.verdict is Verdict.WRONG
    assert wrong.as_record()["weight_share"] == 0
    assert wrong.detail.startswith("2 of 2 cases failed, such as test_case_001: printed '6'")


def test_each_case_adds_its_weight(judge: TaskJudge, tmp_path: Path) -> None:
    """The first of the two, three times as heavy, is solved; a failed case does not end the others."""
    task = task_of(tmp_path, [CASES[1], CASES[0]])
    attempt = answered(judge, task, "n = int(input())\nassert n == 4\nprint(8)")
    assert attempt.verdict is Verdict.ERROR
    assert attempt.as_record()["weight_share"] == 0.75
    assert [check.status for check in attempt.tested.proof.checks] == ["failed", "ok"]


def test_an_error_is_told_in_its_own_words(judge: TaskJudge, tmp_path: Path) -> None:
    """Node's last line is its version, Python's is the error."""
    for language, source in (("javascript", "nothing.at.all"), ("python", "nothing.at.all")):
        if isinstance(judge.toolchain(language), MissingDependency):
            continue
        attempt = answered(judge, task_of(tmp_path, CASES, language=language), source)
        assert attempt.verdict is Verdict.ERROR
        assert "Error: " in attempt.detail
        assert "nothing" in attempt.detail


def test_a_case_has_a_time_of_its_own(judge: TaskJudge, tmp_path: Path) -> None:
    task = task_of(tmp_path, [{**CASES[0], "timeout": 0.3}, CASES[1]])
    attempt = answered(judge, task, "n = int(input())\nwhile n == 4:\n    pass\nprint(2 * n)")
    assert attempt.verdict is Verdict.TIMEOUT
    assert attempt.as_record()["weight_share"] == 0.25


@pytest.mark.parametrize("entry_point", [None, "f"])
def test_an_answer_that_hangs_is_not_waited_for_in_every_case(
    judge: TaskJudge, tmp_path: Path, entry_point: str | None
) -> None:
    cases = [{"input": n, "expected_output": n, "timeout": 0.2} for n in range(100)]
    attempt = answered(judge, task_of(tmp_path, cases, entry_point=entry_point), "while True:\n    pass")
    assert attempt.verdict is Verdict.TIMEOUT
    assert len(attempt.tested.proof.checks) == 100
    assert attempt.tested.proof.checks[3].message == "not run: 3 cases before it took too long"


@pytest.mark.parametrize(
    ("source", "verdict", "share"),
    [
        ("def add(a, b=0):\n    return a + b", Verdict.PASSED, 1.0),
        ("def add(a, b=0):\n    return (a, b)", Verdict.WRONG, 0.0),
        ("def add(a, b):\n    return a + b", Verdict.ERROR, 0.75),
        ("def sub(a, b):\n    return a - b", Verdict.ERROR, 0.0),
        ("raise SystemExit(0)", Verdict.ERROR, 0.0),
        ("class E:\n    __eq__ = lambda *a: True\n\ndef add(*a):\n    return E()", Verdict.WRONG, 0.0),
        ("import os\n\ndef add(*a):\n    os._exit(0)", Verdict.ERROR, 0.0),
    ],
    ids=["right", "wrong", "one case", "no such function", "exits", "equals everything", "exits in the call"],
)
def test_a_call_is_judged_by_what_it_returns(
    judge: TaskJudge, tmp_path: Path, source: str, verdict: Verdict, share: float
) -> None:
    """Compared outside of the jail, so that an answer has nothing to forge."""
    cases: list[dict[str, Any]] = [
        {"input": [1, 2], "expected_output": 3, "weight": 3},
        {"input": 4, "expected_output": 4, "weight": 1},
    ]
    attempt = answered(judge, task_of(tmp_path, cases, entry_point="add"), source)
    assert (attempt.verdict, attempt.as_record()["weight_share"]) == (verdict, share), attempt.detail


@pytest.mark.parametrize("language", ["javascript", pytest.param("typescript", marks=pytest.mark.heavy)])
def test_calls_are_judged_in_other_languages_whose_values_have_a_form_in_json(
    judge: TaskJudge, tmp_path: Path, language: str
) -> None:
    """Exported or not, at once or later; what is printed is no part of it, an early end returns nothing."""
    if isinstance(missing := judge.toolchain(language), MissingDependency):
        pytest.skip(str(missing))
    cases = [{"input": [[1, 2], "-"], "expected_output": {"joined": "1-2"}}]
    task = task_of(tmp_path, cases, language=language, entry_point="join")
    right = "function join(a, b) { console.log('[]'); return { joined: a.join(b) }; }"
    verdicts = {
        right: (Verdict.PASSED, ""),
        f"export async {right}\nsetInterval(() => {{}}, 1000);": (Verdict.PASSED, ""),
        "const join = (a, b) => a.join(b);": (Verdict.WRONG, "returned '1-2'"),
        "const join = () => undefined;": (Verdict.WRONG, "returned None"),
        "const join = () => 2n;": (Verdict.ERROR, "TypeError: Do not know how to serialize a BigInt"),
        "const meet = (a, b) => a.join(b);": (Verdict.ERROR, "join"),
        "const join = () => process.exit(0);": (Verdict.ERROR, "the program ended before the call returned"),
    }
    for source, (verdict, detail) in verdicts.items():
        attempt = answered(judge, task, source)
        assert attempt.verdict is verdict, (source, attempt.detail)
        assert detail in attempt.detail


def test_lists_of_a_file_are_tuples_too(judge: TaskJudge, tmp_path: Path) -> None:
    task = task_of(tmp_path, [{"input": [[1, 2]], "expected_output": [2, [1]]}], entry_point="f")
    assert answered(judge, task, "def f(x):\n    return (x[1], (x[0],))").verdict is Verdict.PASSED


def test_an_answer_cannot_read_what_is_expected(judge: TaskJudge, tmp_path: Path) -> None:
    """Nothing of the cases lies beside the program."""
    source = "import os\nprint(sorted(os.listdir('.')))"
    attempt = answered(judge, task_of(tmp_path, [{"input": "", "expected_output": "[]"}]), source)
    assert attempt.verdict is Verdict.PASSED, attempt.detail


def test_the_catalogue_in_the_documentation_works(judge: TaskJudge, tmp_path: Path) -> None:
    """Each reference solution passes its cases."""
    page = (ROOT / "docs" / "tasks.md").read_text()
    example = re.search(r"^    - id: double\n(?:^    .*\n)+", page, re.MULTILINE)
    assert example is not None
    (tmp_path / "mine.yaml").write_text(textwrap.dedent(example[0]))
    tasks = load_catalogue(tmp_path / "mine.yaml").problems
    assert [task.id for task in tasks] == ["double", "triple", "join", "count"]
    for task in tasks:
        tested = judge.judge_files(task, {**task.workspace, **read_solution(task)})
        assert (tested.verdict, tested.weight_share) == (Verdict.PASSED, 1), tested.detail
    assert [case.weight for case in tasks[0].cases] == [3, 1]
