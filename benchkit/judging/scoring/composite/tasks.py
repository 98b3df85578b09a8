"""The composite of a catalogue: its answers, solutions, and the heavy inputs that tasks name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from benchkit.asking.tasks.base import Catalogue, Task
from benchkit.asking.tasks.folders import read_heavy, read_solution
from benchkit.errors import MissingDependency
from benchkit.judging.scoring.base import Judged
from benchkit.judging.scoring.composite.base import Answered, OpenSandbox
from benchkit.judging.scoring.composite.efficiency import Heavy, heavy_builds, heavy_script
from benchkit.judging.scoring.composite.record import Measurements
from benchkit.judging.tasks.browser import OF_PAGES
from benchkit.judging.tasks.heavy_programs import HEAVY_PROGRAMS, HeavyBuilds
from benchkit.judging.tasks.judge import Attempt
from benchkit.judging.tasks.programs import Programs
from benchkit.judging.tasks.proof import Check
from benchkit.languages import Toolchain
from benchkit.verdict import Verdict

# The tests' DOM neither lays out nor paints, which is what a page's time goes into, and its own start takes
# far longer than the scripts of a page.
NO_PAGES = "a page's time is the browser's: HTML is not timed"


class TaskComposite:
    """Collects verdicts on a catalogue's answers, and measures them once all are there."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._tasks = {task.id: task for task in catalogue.problems}
        self._composite = Measurements(task.language.name for task in catalogue.problems)

    def add(self, judged: Judged, attempt: Attempt) -> None:
        task = self._tasks[judged.task_id]
        answered = _answered(task, judged, attempt) if judged.verdict is Verdict.PASSED else None
        self._composite.add(judged, answered, share_of_checks(task, attempt), attempt.tested.coverage)

    def measure(
        self,
        folder: Path | None,
        sandbox: OpenSandbox | None,
        toolchains: Callable[[], Mapping[str, Toolchain | MissingDependency]],
        tell: Callable[[str], None],
        *,
        efficiency: bool,
    ) -> dict[str, Any]:
        """The record's parts; efficiency where it is asked for."""

        def heavy() -> dict[str, Heavy | str]:
            assert sandbox is not None
            return _heavy_of(self._tasks.values(), Programs(sandbox()), toolchains())

        return self._composite.measure_in(sandbox, heavy if efficiency else None, folder, tell)


def share_of_checks(task: Task, attempt: Attempt) -> float | None:
    """By their weights, of all checks that the reference runs; None where tests are what was asked for."""
    if task.generates_tests:
        return None
    if attempt.verdict is Verdict.PASSED:
        return 1.0
    checks = attempt.tested.proof.checks
    passed = sum(_weight(task, check) for check in checks if check.status == "ok")
    whole = sum(task.weights.values()) or float(max(task.checks, len(checks)))
    return (
        passed / whole if passed < whole else 0.0
    )  # all of them, and yet it did not pass: they prove nothing


def _weight(task: Task, check: Check) -> float:
    return task.weights.get(check.name.rpartition(".")[2], 0.0) if task.weights else 1.0


def _answered(task: Task, judged: Judged, attempt: Attempt) -> Answered:
    starter = {name: task.workspace[name] for name in task.editable if name in task.workspace}
    return Answered(
        task.id,
        judged.sample,
        task.language.name,
        _code_of(task, {**starter, **attempt.files}),
        _code_of(task, {**starter, **read_solution(task)}),
        beside=task.workspace,
    )


# Where a task's code has other endings than its language's programs.
_ENDINGS: Mapping[str, tuple[str, ...]] = {"cpp": (".cpp", ".hpp", ".h"), "html": (".mjs", ".js")}


def _code_of(task: Task, files: Mapping[str, bytes]) -> dict[str, str]:
    """The files that hold code of the task's language, by their endings."""
    endings = _ENDINGS.get(task.language.name, (task.language.suffix,))
    return {
        name: content.decode("utf-8", "replace")
        for name, content in sorted(files.items())
        if name.endswith(endings)
    }


def _heavy_of(
    tasks: Iterable[Task], programs: Programs, toolchains: Mapping[str, Toolchain | MissingDependency]
) -> dict[str, Heavy | str]:
    """Of the tasks that name one; of a page, and of a language that has none, why not."""
    known: dict[str, Heavy | str] = {}
    for task in tasks:
        toolchain = toolchains.get(task.language.name)
        if task.language.name == OF_PAGES:
            known[task.id] = NO_PAGES
        elif task.heavy is None or not isinstance(toolchain, Toolchain):
            continue
        elif task.language.preloaded:
            known[task.id] = heavy_script(read_heavy(task), task.workspace)
        elif task.language.name in HEAVY_PROGRAMS:
            known[task.id] = heavy_builds(HeavyBuilds(task, read_heavy(task), programs, toolchain))
        else:
            known[task.id] = f"heavy inputs in {task.language.title} are not run"
    return known
