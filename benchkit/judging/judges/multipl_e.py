"""Judges by tests that follow the solution in one whole program: MultiPL-E's problems."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.problems.multipl_e import WholeProgramProblem
from benchkit.judging.judges.base import Judgement
from benchkit.judging.judges.machine import slowness
from benchkit.judging.judges.recipes import BUILD_FAILED, run_recipe, sound
from benchkit.judging.judges.turns import Turns
from benchkit.judging.judges.whole_programs import Parts, proving_program
from benchkit.judging.sandbox import NOTHING_ASKED, AskedLimits, Limits, Outcome, Sandbox
from benchkit.languages import Command, Recipe
from benchkit.verdict import Verdict

LIMIT_S = 15.0  # of a program's run, as the published verdicts have it
LIMITS = Limits(wall_s=LIMIT_S, memory_mb=4096)
_FAILED_TEST = re.compile(
    rb"^.*(?:AssertionError \[|Assertion `|assertion `|assertion failed|--- FAIL:).*$", re.M
)
_CRASH = re.compile(
    rb"^(?:\w*Error: .*|panic: .*|thread '.*'.* panicked at .*(?:\n.*)?"  # while it ran
    rb"|.*\berror(?:\[\w+\]| \w+)?: .*|.*\.go:\d+:.*)$",  # while it was built
    re.MULTILINE,
)
_LONGEST_DETAIL = 300


class WholeProgramJudge:
    """The judge of problems whose tests end a program."""

    def __init__(self, sandbox: Sandbox, problem_set: ProblemSet, asked: AskedLimits = NOTHING_ASKED) -> None:
        self._sandbox = sandbox
        self._limits, self._exact = asked.applied(LIMITS), asked.wall_s is not None
        self._turns = Turns()
        languages = {problem.language.name: problem.language for problem in problem_set.problems}
        self._toolchains = {name: language.find_toolchain() for name, language in languages.items()}

    def judge(self, problem: Problem, source: str) -> Judgement:
        assert isinstance(problem, WholeProgramProblem)
        with self._turns.together():
            outcome = self._run(problem, source, self._limits)
        if outcome.verdict is Verdict.TIMEOUT:
            with self._turns.alone():
                slow = 1.0 if self._exact else slowness(self._sandbox)
                limits = replace(self._limits, wall_s=self._limits.wall_s * slow)
                outcome = self._run(problem, source, limits)
        return Judgement(outcome.verdict, outcome.detail, outcome.seconds, further={"test_ran_inside": True})

    def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement:
        return Judgement(verdict, detail)

    def conditions(self) -> dict[str, Any]:
        return {"toolchains": {name: toolchain.version for name, toolchain in self._toolchains.items()}}

    def _run(self, problem: WholeProgramProblem, source: str, limits: Limits) -> Outcome:
        executables = self._toolchains[problem.language.name].executables
        recipe = _with_places(proving_program(Parts(problem.language, source, problem.tests)), executables)
        token = secrets.token_hex(16).encode()
        outcome = sound(run_recipe(self._sandbox, recipe, limits, token + b"\n"))
        if outcome.verdict is Verdict.PASSED and token not in outcome.stdout.split():
            return replace(outcome, verdict=Verdict.WRONG, detail="the program ended before its tests did")
        return _with_cause(outcome) if outcome.verdict is Verdict.ERROR else outcome


def _with_cause(outcome: Outcome) -> Outcome:
    """An error with the line that explains most; a failed test is a wrong answer."""
    said = outcome.stderr + b"\n" + outcome.stdout
    crashed, failed = _CRASH.search(said), _FAILED_TEST.search(said)
    if failed and not (
        crashed and crashed[0].startswith(b"panic: ")
    ):  # Go reports a test that panicked as both
        return replace(outcome, verdict=Verdict.WRONG, detail=_line(failed))
    if crashed is None:
        return outcome
    built = outcome.detail.startswith(BUILD_FAILED)
    return replace(outcome, detail=f"{BUILD_FAILED if built else ''}{_line(crashed)}")


def _line(match: re.Match[bytes]) -> str:
    return " ".join(match[0].decode("utf-8", "replace").split())[:_LONGEST_DETAIL]


def _with_places(recipe: Recipe, executables: Mapping[str, Path]) -> Recipe:
    """The toolchain's own programs by their place: the jail looks for names in the system's folders alone."""

    def placed(command: Command) -> Command:
        return tuple(str(executables.get(word, word)) for word in command[:1]) + command[1:]

    return replace(recipe, build=placed(recipe.build), run=placed(recipe.run))
