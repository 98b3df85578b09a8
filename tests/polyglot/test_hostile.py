"""Answers that edit the tests, end early, print success or change what checks use: none passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.verdict import Verdict
from tests.polyglot.exercises import EXAMPLES, answer, write_exercise
from tests.polyglot.hostile import EDITS, HOSTILE
from tests.polyglot.test_polyglot_runs import lay_down_catch

pytestmark = pytest.mark.heavy
NAMES = sorted({name for name, _ in HOSTILE})


@pytest.fixture(scope="module")
def judge() -> Iterator[TaskJudge]:
    toolchains = find_toolchains([name.partition("/")[0] for name in NAMES])
    with open_sandbox(workers=1, toolchains=toolchains.folders) as sandbox:
        yield TaskJudge(Tester(sandbox, toolchains.by_language))


@pytest.fixture
def tasks(tmp_path: Path, shared_data: Path) -> dict[str, Task]:
    for name in NAMES:
        folder = write_exercise(tmp_path, name)
        if name.startswith("cpp"):
            lay_down_catch(shared_data, folder)
    return {task.id: task for task in load_catalogue(tmp_path).problems}


@pytest.mark.parametrize(("name", "trick"), HOSTILE, ids=lambda part: part)
def test_a_trick_does_not_pass(name: str, trick: str, tasks: dict[str, Task], judge: TaskJudge) -> None:
    """Its verdict is one of the answer's own faults, and changed tests are refused by name."""
    task = tasks[name]
    if isinstance(missing := judge.toolchain(task.language.name), MissingDependency):
        pytest.skip(str(missing))
    attempt = judge.judge_answer(task, answer(HOSTILE[name, trick]))
    assert attempt.verdict in (Verdict.WRONG, Verdict.ERROR), attempt.detail
    assert bool(attempt.notes) is (trick == EDITS)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_beside_them_passes(name: str, tasks: dict[str, Task], judge: TaskJudge) -> None:
    """So that a trick fails for what it does."""
    if isinstance(missing := judge.toolchain(tasks[name].language.name), MissingDependency):
        pytest.skip(str(missing))
    attempt = judge.judge_answer(tasks[name], answer(EXAMPLES[name]))
    assert (attempt.verdict, attempt.detail) == (Verdict.PASSED, "")
