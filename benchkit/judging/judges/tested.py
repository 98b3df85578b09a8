"""Judges by a problem's own test: HumanEval's check(candidate), MBPP's asserts, or a whole program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchkit.asking.problems.base import Problem
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.judging.judges.base import Judgement
from benchkit.judging.judges.machine import slowness
from benchkit.judging.judges.recipes import run_test, sound
from benchkit.judging.judges.turns import Turns
from benchkit.judging.sandbox import NOTHING_ASKED, AskedLimits, Limits, Outcome, Sandbox
from benchkit.verdict import Verdict

LIMIT_S = 3.0  # of the whole test, as the reference has it
LIMIT_FACTOR = 4.0  # times what the canonical solution takes on this machine, where that is more
LIMITS = Limits(wall_s=LIMIT_S, memory_mb=4096)


class TestedJudge:
    """The judge of problems that bring a test."""

    __test__ = False

    def __init__(self, sandbox: Sandbox, asked: AskedLimits = NOTHING_ASKED) -> None:
        self._sandbox = sandbox
        self._limits, self._exact = asked.applied(LIMITS), asked.wall_s is not None
        self._turns = Turns()

    def judge(self, problem: Problem, source: str) -> Judgement:
        assert isinstance(problem, TestedProblem)
        with self._turns.together():
            outcome = self._check(problem, source, self._limits)
        if outcome.verdict is Verdict.TIMEOUT:
            with self._turns.alone():
                outcome = self._again(problem, source)
        further: dict[str, Any] = {"test_ran_inside": True} if outcome.inside else {}
        further |= {"test_line": outcome.test_line} if outcome.test_line else {}
        return Judgement(outcome.verdict, outcome.detail, outcome.seconds, further=further)

    def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement:
        return Judgement(verdict, detail)

    def conditions(self) -> dict[str, Any]:
        return {}

    def _again(self, problem: TestedProblem, source: str) -> Outcome:
        """A timeout counts when it happens again with nothing beside it, and with the time that is due."""
        if self._exact:
            return self._check(problem, source, self._limits)
        wall_s = LIMIT_S * slowness(self._sandbox)
        if problem.canonical_solution is not None:
            wanted = self._check(problem, problem.canonical_solution, replace(LIMITS, wall_s=60.0)).seconds
            wall_s = max(wall_s, LIMIT_FACTOR * wanted)
        return self._check(problem, source, replace(self._limits, wall_s=wall_s))

    def _check(self, problem: TestedProblem, source: str, limits: Limits) -> Outcome:
        entry_point = problem.entry_point or ""
        if not problem.language.preloaded:
            return sound(run_test(self._sandbox, problem.language, source, problem.test, entry_point, limits))
        return sound(self._sandbox.check(source, problem.test, entry_point, limits, support=problem.prompt))
