"""Judges contest answers: programs as programs, functions by their calls, up to the first test that fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchkit.asking.problems.base import Problem
from benchkit.asking.problems.livecodebench import ContestProblem, Test
from benchkit.errors import ProblemsError
from benchkit.judging.judges.base import Judgement
from benchkit.judging.judges.contest_calls import FunctionTests
from benchkit.judging.judges.contest_output import difference, failed_test
from benchkit.judging.judges.machine import libraries, slowness
from benchkit.judging.judges.recipes import run_program, sound
from benchkit.judging.judges.turns import Turns
from benchkit.judging.sandbox import NOTHING_ASKED, AskedLimits, Limits, Outcome, Sandbox
from benchkit.languages import PYTHON, ContestRules, Language
from benchkit.verdict import Verdict

LIMIT_S = 6.0  # a test, as the official grader has it
LIMITS = Limits(wall_s=LIMIT_S, memory_mb=4096)


class ContestJudge:
    """The judge of LiveCodeBench's problems."""

    def __init__(self, sandbox: Sandbox, limits: Limits = LIMITS, asked: AskedLimits = NOTHING_ASKED) -> None:
        self._sandbox = sandbox
        self._limits, self._exact = asked.applied(limits), asked.wall_s is not None
        self._turns = Turns()

    def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement:
        return Judgement(verdict, detail)

    def conditions(self) -> dict[str, Any]:
        rules = PYTHON.contests  # the official problems ask for Python
        assert rules is not None
        return {"libraries": libraries(self._sandbox, rules), "limit_s": self._limits.wall_s}

    def judge(self, problem: Problem, source: str) -> Judgement:
        assert isinstance(problem, ContestProblem)
        try:
            tests = problem.tests()
        except ProblemsError as error:  # the file was changed since it was read
            return Judgement(Verdict.INFRASTRUCTURE, str(error))
        return self.judge_tests(problem, source, tests)

    def judge_tests(self, problem: ContestProblem, source: str, tests: Sequence[Test]) -> Judgement:
        if not tests:
            return Judgement(Verdict.INFRASTRUCTURE, f"{problem.id} has no tests")
        with self._turns.together():
            judgement = self._tried(problem, source, tests, self._limits)
        if judgement.verdict is Verdict.TIMEOUT:
            with self._turns.alone():
                judgement = self._again(problem, source, tests)
        return judgement

    def _again(self, problem: ContestProblem, source: str, tests: Sequence[Test]) -> Judgement:
        """A timeout counts when it happens again with nothing beside it, in the time that is due here."""
        wall_s = self._limits.wall_s * (1.0 if self._exact else slowness(self._sandbox))
        judgement = self._tried(problem, source, tests, replace(self._limits, wall_s=wall_s))
        return replace(judgement, further={**judgement.further, "judged_again": True})

    def _tried(
        self, problem: ContestProblem, source: str, tests: Sequence[Test], limits: Limits
    ) -> Judgement:
        rules = problem.language.contests
        if rules is None:
            return self._program(problem.language, source, tests, limits)
        if problem.method is None:
            return self._program_or_body(problem.language, rules, source, tests, limits)
        call = rules.callable_name(problem.method, source)
        return FunctionTests(self._sandbox, self._prepared(rules, source), call, tests, limits).judge()

    def _prepared(self, rules: ContestRules, source: str) -> str:
        return rules.prepared(source, same_interpreter=self._sandbox.isolation.same_python)

    def _program_or_body(
        self, language: Language, rules: ContestRules, source: str, tests: Sequence[Test], limits: Limits
    ) -> Judgement:
        judgement = self._program(language, self._prepared(rules, source), tests, limits)
        body = rules.second_form(source, judgement.detail)
        if body is None:
            return judgement
        judgement = self._program(language, self._prepared(rules, body), tests, limits)
        return replace(judgement, further={**judgement.further, "ran_as_function": True})

    def _program(self, language: Language, source: str, tests: Sequence[Test], limits: Limits) -> Judgement:
        seconds = 0.0
        for number, test in enumerate(tests):
            outcome = sound(run_program(self._sandbox, language, source, test.input.encode(), limits))
            seconds += outcome.seconds
            got = outcome.stdout.decode(errors="replace")
            why = difference(got, test.output)
            if outcome.verdict is not Verdict.PASSED and (why or not _left_by_exit(outcome)):
                judgement = failed_test(outcome.verdict, outcome.detail, number, tests)
                return replace(judgement, seconds=seconds)
            if why:
                return replace(failed_test(Verdict.WRONG, why, number, tests, got), seconds=seconds)
        return Judgement(Verdict.PASSED, seconds=seconds, further={"tests": len(tests)})


def _left_by_exit(outcome: Outcome) -> bool:
    """Whether it ended itself by `sys.exit(1)` or the like, which LiveCodeBench takes for a plain end."""
    return bool(outcome.exit_code and outcome.stdout) and not outcome.uncaught
