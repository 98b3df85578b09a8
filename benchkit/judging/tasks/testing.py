"""Builds and tests a workspace, and reads the report that proves which checks ran."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import replace

from benchkit.asking.tasks.base import Task
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import NOTHING_ASKED, AskedLimits, Outcome, Sandbox
from benchkit.judging.tasks.harnesses import HARNESSES, BuildPlan, Trial, Unfit
from benchkit.judging.tasks.harnesses.own import CommandNotFound, plan_of_commands
from benchkit.judging.tasks.packages import ADVICE, installed_name, missing_packages
from benchkit.judging.tasks.programs import Programs
from benchkit.judging.tasks.proof import Proof, ProofToken, read_proof
from benchkit.judging.tasks.tested import Tested
from benchkit.judging.tasks.toolchains import fingerprint, why_unprepared
from benchkit.languages import Toolchain
from benchkit.languages.finding import as_numbers
from benchkit.verdict import Verdict

NOT_TO_THE_END = "the tests did not run to their end"
REPLACED = "{} was replaced or removed while it was in use: start again"


class Tester:
    """Tests workspaces with this machine's toolchains; callable from several threads at once."""

    __test__ = False  # pytest takes it for a test of its own

    def __init__(
        self,
        sandbox: Sandbox,
        toolchains: Mapping[str, Toolchain | MissingDependency],
        asked: AskedLimits = NOTHING_ASKED,
    ) -> None:
        self.programs = Programs(sandbox, asked)
        self.toolchains = toolchains
        self._at_start = {
            name: fingerprint(toolchain)
            for name, toolchain in toolchains.items()
            if isinstance(toolchain, Toolchain)
        }

    def test(
        self,
        task: Task,
        files: Mapping[str, bytes],
        tests: Mapping[str, bytes],
        measured: tuple[str, ...] = (),
    ) -> Tested:
        """Run these tests on the workspace's files; `measured`: the files whose coverage is reported."""
        toolchain = self.toolchain_of(task)
        if isinstance(toolchain, Tested):
            return toolchain
        packages = tuple(installed_name(task, spec) for spec in task.packages)
        trial = Trial({**files, **tests}, tuple(tests), packages, measured)
        try:
            plan = _plan(task, trial, toolchain)
        except Unfit as error:
            return Tested(Verdict.ERROR, str(error))
        except CommandNotFound as error:
            return Tested(Verdict.INFRASTRUCTURE, str(error))
        except (OSError, subprocess.CalledProcessError) as error:
            return self.unless_replaced(task, Tested(Verdict.INFRASTRUCTURE, why_unprepared(error)))
        built = self.programs.build(task, plan)
        tested = built if isinstance(built, Tested) else self._run(task, plan, built)
        return self.unless_replaced(task, tested)

    def toolchain_of(self, task: Task) -> Toolchain | Tested:
        """The toolchain for the task, or why this machine has none."""
        toolchain = self.toolchains[task.language.name]
        if isinstance(toolchain, MissingDependency):
            return Tested(Verdict.INFRASTRUCTURE, str(toolchain))
        missing = _missing(task, toolchain)
        return Tested(Verdict.INFRASTRUCTURE, missing) if missing else toolchain

    def unless_replaced(self, task: Task, tested: Tested) -> Tested:
        """The outcome; infrastructure where the toolchain was replaced or removed meanwhile."""
        name = task.language.name
        toolchain = self.toolchains[name]
        if tested.verdict is Verdict.PASSED or not isinstance(toolchain, Toolchain):
            return tested
        if fingerprint(toolchain) == self._at_start[name]:
            return tested
        return replace(tested, verdict=Verdict.INFRASTRUCTURE, detail=REPLACED.format(f"{name}'s toolchain"))

    def _run(self, task: Task, plan: BuildPlan, built: Outcome) -> Tested:
        """Run the plan's programs until one does not finish."""
        whole = Tested(
            Verdict.PASSED, build_s=built.seconds, stdout=built.stdout, stderr=built.stderr, built=True
        )
        for run in plan.runs:
            token = ProofToken()
            outcome = self.programs.run(task, run, built.files, token.stdin, keep=(token.report,))
            proof = read_proof(outcome.files.get(token.report), token)
            whole = replace(
                whole,
                proof=whole.proof + (proof or Proof()),
                coverage=proof.coverage if proof else whole.coverage,
                test_s=whole.test_s + outcome.seconds,
                stdout=whole.stdout + outcome.stdout,
                stderr=whole.stderr + outcome.stderr,
            )
            if outcome.verdict is not Verdict.PASSED:
                return replace(whole, verdict=outcome.verdict, detail=outcome.detail or NOT_TO_THE_END)
            if proof is None:
                return replace(whole, verdict=Verdict.ERROR, detail=NOT_TO_THE_END)
        return _judged(task, whole)


def _plan(task: Task, trial: Trial, toolchain: Toolchain) -> BuildPlan:
    if task.commands is not None:
        return plan_of_commands(task.commands, trial, toolchain)
    return HARNESSES[task.language.name].plan(trial, toolchain)


def _judged(task: Task, tested: Tested) -> Tested:
    """The verdict, once all checks have run."""
    proof = tested.proof
    if failed := proof.failed:
        first = ": ".join(part for part in (failed[0].name, failed[0].message) if part)
        detail = f"{len(failed)} of {len(proof.checks)} checks failed, such as {first}"
        return replace(tested, verdict=Verdict.WRONG, detail=detail[:400])
    if proof.skipped:
        return replace(tested, verdict=Verdict.WRONG, detail=f"skipped {len(proof.skipped)} checks")
    if not task.generates_tests and proof.passed < task.checks:
        return replace(tested, verdict=Verdict.WRONG, detail=f"ran {proof.passed} checks of {task.checks}")
    if not proof.checks and not task.starter_passes:  # starter_passes: the answer may be the tests themselves
        return replace(tested, verdict=Verdict.WRONG, detail="ran no check")
    return tested


def _missing(task: Task, toolchain: Toolchain) -> str:
    """Why this machine cannot test the task; empty where it can."""
    for program, least in task.toolchain.items():
        if as_numbers(toolchain.version) < as_numbers(least):
            return f"{program} {least} or newer is needed, this is {toolchain.version}"
    if absent := missing_packages(task):
        return f"the package {absent[0]} is not there: {ADVICE}"
    harness = HARNESSES.get(task.language.name)
    if harness is None or task.commands is not None:
        return ""
    return harness.missing({**task.workspace, **task.tests}, toolchain)
