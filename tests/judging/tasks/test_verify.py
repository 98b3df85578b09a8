"""The gate for tasks, on a small catalogue with one task in each language."""

from __future__ import annotations

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.judging.tasks.verify import Gate
from tests.support import ROOT

pytestmark = pytest.mark.heavy
CATALOGUE = ROOT / "demo" / "tasks"
TASKS = (
    *load_catalogue(CATALOGUE).problems,
    *load_catalogue(ROOT / "tests" / "tasks_catalogue").problems,
)


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_a_task_passes_the_gate_at_both_levels(task: Task, level: str) -> None:
    """Starter and mutants fail, both references pass, wherever the language's toolchain is there."""
    toolchains = find_toolchains([task.language.name])
    if isinstance(missing := toolchains.by_language[task.language.name], MissingDependency):
        pytest.skip(str(missing))
    with open_sandbox(level, 1, toolchains.folders) as sandbox:
        finding = Gate(TaskJudge(Tester(sandbox, toolchains.by_language)), task, times=1).finding()
    assert finding.failures == ()
    assert not finding.missing
