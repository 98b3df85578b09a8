"""Answers that want to pass without solving, in each language, at both levels: none does, none gets out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.verdict import Verdict
from tests.support import ROOT

pytestmark = pytest.mark.heavy
CATALOGUE = ROOT / "demo" / "tasks"
TASKS = {task.language.name: task for task in load_catalogue(CATALOGUE).problems if not task.generates_tests}
HOSTILE = Path(__file__).parent / "hostile"  # one folder a language, one file a trick
ANSWERS = {
    (path.parent.name, path.stem): path.read_text().replace("CATALOGUE", str(CATALOGUE))
    for path in sorted(HOSTILE.glob("*/*"))
}
GO_WRONG = """package clamp

func Clamp(value, low, high int) (int, error) { return 0, nil }

func Total(values []int) int { return 0 }
"""
BUILD_SCRIPTS = {
    "rust": ("build.rs", 'fn main() { std::fs::write("/tmp/out-of-the-jail", "x").unwrap(); }\n'),
    "javascript": ("package.json", '{"scripts": {"postinstall": "touch /tmp/out-of-the-jail"}}\n'),
}


@pytest.fixture(scope="module", params=["namespaces", "landlock"])
def judge(request: pytest.FixtureRequest) -> Iterator[TaskJudge]:
    toolchains = find_toolchains(TASKS)
    with open_sandbox(request.param, 1, toolchains.folders) as sandbox:
        yield TaskJudge(Tester(sandbox, toolchains.by_language))


def short(task: Task) -> Task:
    """Waiting for what hangs takes no longer than it must."""
    return replace(task, limits=replace(task.limits, test_s=5.0 if task.language.name == "html" else 3.0))


def whole(task: Task, text: str, name: str | None = None) -> str:
    ticks = "`" * 8
    return f"{name or task.editable[0]}\n{ticks}\n{text}\n{ticks}\n"


@pytest.mark.parametrize(("language", "trick"), ANSWERS, ids=lambda part: part)
def test_a_hostile_answer_does_not_pass(judge: TaskJudge, language: str, trick: str) -> None:
    """Whatever it does, its verdict is one of the model's own faults."""
    if isinstance(missing := judge.toolchain(language), MissingDependency):
        pytest.skip(str(missing))
    task = short(TASKS[language])
    attempt = judge.judge_answer(task, whole(task, ANSWERS[language, trick]))
    assert attempt.verdict not in (
        Verdict.PASSED,
        Verdict.INFRASTRUCTURE,
        Verdict.MALFORMED,
        Verdict.EMPTY,
    ), attempt.detail
    assert b"root:x:" not in attempt.tested.stdout + attempt.tested.stderr


@pytest.mark.parametrize("language", BUILD_SCRIPTS)
def test_a_build_script_of_an_answer_is_never_run(judge: TaskJudge, language: str) -> None:
    """Even where the task would let it be written."""
    name, text = BUILD_SCRIPTS[language]
    task = TASKS[language]
    task = replace(task, editable=(*task.editable, name))
    mark = Path("/tmp/out-of-the-jail")
    judge.judge_answer(task, whole(task, text, name) + whole(task, "x"))
    assert not mark.exists()


def test_an_answer_cannot_write_tests_or_protected_files(judge: TaskJudge) -> None:
    """What is not editable is restored before anything is built."""
    if isinstance(missing := judge.toolchain("go"), MissingDependency):
        pytest.skip(str(missing))
    task = TASKS["go"]
    attempt = judge.judge_answer(
        task,
        whole(task, "package clamp\n\nfunc TestX(t int) {}\n", "clamp_test.go")
        + whole(task, "module other\n", "go.mod")
        + whole(task, GO_WRONG),
    )
    assert attempt.verdict is Verdict.WRONG
    assert len(attempt.notes) == 2
