"""The composite of a problem set: its answers, reference solutions and heavy inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.judging.scoring.base import Judged
from benchkit.judging.scoring.composite.base import Answered, OpenSandbox
from benchkit.judging.scoring.composite.efficiency import Heavy, heavy_call
from benchkit.judging.scoring.composite.heavy import heavy_inputs
from benchkit.judging.scoring.composite.record import Measurements


class ProblemComposite:
    """Collects verdicts on a problem set's answers, and measures them once all are there."""

    def __init__(self, problem_set: ProblemSet) -> None:
        self._problems = {problem.id: problem for problem in problem_set.problems}
        self._composite = Measurements(problem.language.name for problem in problem_set.problems)

    def add(self, judged: Judged) -> None:
        self._composite.add(judged, _answered(self._problems[judged.task_id], judged))

    def measure(
        self,
        folder: Path | None,
        sandbox: OpenSandbox | None,
        tell: Callable[[str], None],
        *,
        efficiency: bool,
    ) -> dict[str, Any]:
        """The record's parts; efficiency where it is asked for."""
        heavy = partial(_heavy_of, self._problems.values()) if efficiency else None
        return self._composite.measure_in(sandbox, heavy, folder, tell)


def _answered(problem: Problem, judged: Judged) -> Answered | None:
    if not judged.source:
        return None
    name = f"solution{problem.language.suffix}"
    reference = {name: problem.solution} if problem.solution else {}
    return Answered(
        judged.task_id,
        judged.sample,
        problem.language.name,
        {name: judged.source},
        reference,
        problem.entry_point,
    )


def _heavy_of(problems: Iterable[Problem]) -> dict[str, Heavy]:
    """Of the problems whose heavy input a table names; functions in Python alone have one there."""
    known = heavy_inputs()
    return {
        problem.id: heavy_call(problem.entry_point, known[problem.id])
        for problem in problems
        if problem.id in known and problem.entry_point and problem.language.preloaded
    }
