"""Figures of other tools: shown as the tools tell them, never weighed."""

from __future__ import annotations

import pytest

from benchkit.asking.tasks import load_catalogue
from benchkit.contract import Figure
from benchkit.judging.scoring.base import Judged
from benchkit.judging.scoring.composite import figures
from benchkit.judging.scoring.composite.base import Answered
from benchkit.judging.scoring.composite.figures import radon_figures
from benchkit.judging.scoring.composite.tasks import TaskComposite
from benchkit.judging.tasks.judge import Attempt
from benchkit.judging.tasks.tested import Tested
from benchkit.verdict import Verdict

BRANCHES = "def f(x):\n    if x > 1:\n        return 1\n    return 0 if x else 2\n\n\ndef g():\n    pass\n"


def answered(source: str, language: str = "python", sample: int = 0) -> Answered:
    return Answered("a", sample, language, {"a.py": source}, {})


def test_radons_figures_are_the_means_of_a_problems_answers() -> None:
    """Two functions with three and one paths; an answer of nothing has the best index there is."""
    known = radon_figures([answered(BRANCHES)])
    assert known[Figure.CYCLOMATIC]["points"] == {"a": 2.0}
    assert 50 < known[Figure.MAINTAINABILITY]["points"]["a"] < 100
    assert known[Figure.CYCLOMATIC]["method"].startswith("radon 6")
    assert radon_figures([answered("pass")])[Figure.MAINTAINABILITY]["points"] == {"a": 100.0}
    both = radon_figures([answered(BRANCHES), answered("def f():\n    pass\n", sample=1)])
    assert both[Figure.CYCLOMATIC]["points"] == {"a": 1.5}


def test_what_radon_cannot_measure_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other languages, no Python, and a machine without radon, which names the command."""
    assert radon_figures([answered(BRANCHES, "go")]) == {}
    assert radon_figures([answered("def f(:")])[Figure.CYCLOMATIC]["points"] == {}
    monkeypatch.setattr(figures, "installed", lambda _package: None)
    assert radon_figures([answered(BRANCHES)])[Figure.CYCLOMATIC]["why"] == (
        "not measured: radon not installed, see bench_runner.py doctor"
    )


def test_coverage_is_recorded_by_task_whether_the_tests_passed_or_not() -> None:
    """In percent, the mean of its samples; tasks that ask for no tests have none."""
    catalogue = load_catalogue(None)
    (task, *_) = [one for one in catalogue.problems if one.generates_tests]
    composite = TaskComposite(catalogue)
    for sample, (verdict, coverage) in enumerate(
        ((Verdict.WRONG, 0.5), (Verdict.WRONG, 1.0), (Verdict.WRONG, None))
    ):
        attempt = Attempt(verdict, "", Tested(verdict, coverage=coverage))
        composite.add(Judged(task.id, sample, verdict), attempt)
    assert composite.measure(None, None, dict, print, efficiency=False)["coverage"] == {
        "points": {task.id: 75.0}
    }
