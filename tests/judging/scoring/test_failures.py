"""A worker that fails costs no verdict: the answer is judged again in another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.judging.sandbox import LoadedProgram, open_sandbox
from benchkit.judging.sandbox.pool.pool import Pool
from benchkit.judging.scoring import open_judge
from benchkit.judging.scoring.answering import judge_code
from benchkit.records import Verdict
from tests.judging.sandbox.attack import kill
from tests.support import wait_until

PROMPT = "def f(x):\n    ...\n"
TESTED = TestedProblem("T/0", PROMPT, "f", test="def check(candidate):\n    assert candidate(2) == 4\n")
DIFFERENTIAL = DifferentialProblem(
    "T/1",
    PROMPT,
    "f",
    canonical_solution="def f(x):\n    return [float(x)] * 20_000\n",
    base_inputs=[[1], [2]],
    plus_inputs=[[3]],
)


class Unlucky:
    """A sandbox whose worker is killed: before what it is told first, or while a large result is there."""

    def __init__(self, real: Pool, times: int) -> None:
        self.real, self.left = real, times
        self.isolation, self.workers = real.isolation, real.workers

    def kill_one(self) -> None:
        if self.left:
            self.left -= 1
            wait_until(lambda: not self.real.background)  # until the one before has its successor
            (worker,) = self.real.all
            kill(worker.pid)

    def check(self, *details: Any, **named: Any) -> Any:
        self.kill_one()
        return self.real.check(*details, **named)

    @contextmanager
    def load(self, *details: Any, **named: Any) -> Iterator[LoadedProgram]:
        with self.real.load(*details, **named) as program:
            self.kill_one()
            yield program

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@pytest.fixture
def unlucky() -> Iterator[Callable[[int], Unlucky]]:
    with open_sandbox(workers=1) as real:
        assert isinstance(real, Pool)
        yield lambda times: Unlucky(real, times)


@pytest.mark.parametrize(
    ("problem", "source"),
    [(TESTED, "def f(x): return 2 * x"), (DIFFERENTIAL, "def f(x): return [x / 1] * 20_000")],
    ids=["tested", "compared"],
)
@pytest.mark.parametrize(("times", "verdict"), [(1, Verdict.PASSED), (9, Verdict.INFRASTRUCTURE)])
def test_judged_again_in_another_worker(
    unlucky: Callable[[int], Unlucky],
    problem: Problem,
    source: str,
    times: int,
    verdict: Verdict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One lost worker changes nothing; where each is lost, that is one verdict and not the end of the run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    judge = open_judge(ProblemSet("t", None, "0", (problem,)), unlucky(times))
    judged = judge_code(judge, problem, source)
    assert judged.verdict is verdict, judged
    assert ("3 times" in judged.detail) == (verdict is Verdict.INFRASTRUCTURE)
