"""Builds and tests a workspace in the sandbox: what was built, which checks ran, and the proof of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from benchkit.asking.tasks.base import Task
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import NOTHING_ASKED, AskedLimits, Limits, Outcome, Program, Sandbox
from benchkit.judging.tasks.harnesses import HARNESSES, Plan, Run, Trial, Unfit
from benchkit.judging.tasks.packages import ADVICE, missing_packages
from benchkit.judging.tasks.proof import Proof, Token, read_proof
from benchkit.languages import Toolchain
from benchkit.languages.finding import as_numbers
from benchkit.verdict import Verdict

BUILD_MEMORY_MB = 3072  # of a compiler, whatever its program may use
FOLDER_BYTES = 512 << 20
OUTPUT_BYTES = 4 << 20
PROCESSES, THREADS = 64, 256
NOT_TO_THE_END = "the tests did not run to their end"


@dataclass(frozen=True)
class Tested:
    """What became of one workspace."""

    __test__ = False

    verdict: Verdict
    detail: str = ""
    proof: Proof = field(default_factory=Proof)
    build_s: float = 0.0
    test_s: float = 0.0
    stdout: bytes = b""
    stderr: bytes = b""
    built: bool = False


class Tester:
    """Tests workspaces with what this machine has; callable from several threads at once."""

    __test__ = False  # pytest takes it for a test of its own

    def __init__(
        self,
        sandbox: Sandbox,
        toolchains: Mapping[str, Toolchain | MissingDependency],
        asked: AskedLimits = NOTHING_ASKED,
    ) -> None:
        self._sandbox, self._asked = sandbox, asked
        self.toolchains = toolchains

    def test(self, task: Task, files: Mapping[str, bytes], tests: Mapping[str, bytes]) -> Tested:
        """The workspace's files with these tests laid over them."""
        toolchain = self.toolchains[task.language.name]
        if missing := _missing(task, toolchain):
            return Tested(Verdict.INFRASTRUCTURE, missing)
        assert isinstance(toolchain, Toolchain)
        trial = Trial({**files, **tests}, tuple(tests), task.packages)
        try:
            plan = HARNESSES[task.language.name].plan(trial, toolchain)
        except Unfit as error:
            return Tested(Verdict.ERROR, str(error))
        built = self._build(task, plan)
        if isinstance(built, Tested):
            return built
        return self._run(task, plan, built)

    def _build(self, task: Task, plan: Plan) -> Outcome | Tested:
        """The products, or what kept them from being built."""
        if not plan.build:
            return Outcome(Verdict.PASSED)
        limits = Limits(
            wall_s=task.limits.build_s,
            cpu_s=2 * task.limits.build_s,
            memory_mb=BUILD_MEMORY_MB,
            output_bytes=OUTPUT_BYTES,
            file_bytes=FOLDER_BYTES,
            processes=PROCESSES,
            threads=THREADS,
        )
        outcome = self._sandbox.run(Program(argv=plan.build, files=plan.files, keep=plan.products), limits)
        if outcome.verdict is Verdict.PASSED and set(outcome.files) == set(plan.products):
            return outcome
        verdict = Verdict.ERROR if outcome.verdict is Verdict.PASSED else outcome.verdict
        detail = f"does not build: {_first_error(outcome)}"
        return Tested(verdict, detail, build_s=outcome.seconds, stdout=outcome.stdout, stderr=outcome.stderr)

    def _run(self, task: Task, plan: Plan, built: Outcome) -> Tested:
        """All of the plan's programs, until one does not come to its end."""
        whole = Tested(
            Verdict.PASSED, build_s=built.seconds, stdout=built.stdout, stderr=built.stderr, built=True
        )
        for number, run in enumerate(plan.runs):
            files = {
                **run.files,
                **({plan.products[number]: built.files[plan.products[number]]} if plan.products else {}),
            }
            token = Token()
            outcome = self._sandbox.run(_program(run, files, token), self._asked.applied(_limits(task)))
            proof = read_proof(outcome.files.get(token.report), token)
            whole = replace(
                whole,
                proof=whole.proof + (proof or Proof()),
                test_s=whole.test_s + outcome.seconds,
                stdout=whole.stdout + outcome.stdout,
                stderr=whole.stderr + outcome.stderr,
            )
            if outcome.verdict is not Verdict.PASSED:
                return replace(whole, verdict=outcome.verdict, detail=outcome.detail or NOT_TO_THE_END)
            if proof is None:
                return replace(whole, verdict=Verdict.ERROR, detail=NOT_TO_THE_END)
        return _judged(task, whole)


def _judged(task: Task, tested: Tested) -> Tested:
    """What the checks come to, once all have run."""
    proof = tested.proof
    if failed := proof.failed:
        first = ": ".join(part for part in (failed[0].name, failed[0].message) if part)
        detail = f"{len(failed)} of {len(proof.checks)} checks failed, such as {first}"
        return replace(tested, verdict=Verdict.WRONG, detail=detail[:400])
    if proof.skipped:
        return replace(tested, verdict=Verdict.WRONG, detail=f"skipped {len(proof.skipped)} checks")
    if not task.generates_tests and proof.passed < task.checks:
        return replace(tested, verdict=Verdict.WRONG, detail=f"ran {proof.passed} checks of {task.checks}")
    if not proof.checks:
        return replace(tested, verdict=Verdict.WRONG, detail="ran no check")
    return tested


def _program(run: Run, files: Mapping[str, bytes], token: Token) -> Program:
    return Program(
        source=run.source,
        argv=run.argv,
        stdin=token.stdin,
        files=files,
        keep=(token.report,),
        executable=run.executable,
    )


def _limits(task: Task) -> Limits:
    return Limits(
        wall_s=task.limits.test_s,
        cpu_s=4 * task.limits.test_s,
        memory_mb=task.limits.memory_mb,
        output_bytes=OUTPUT_BYTES,
        file_bytes=FOLDER_BYTES // 2,
        processes=PROCESSES,
        threads=THREADS,
    )


def _missing(task: Task, toolchain: Toolchain | MissingDependency) -> str:
    """Why this machine cannot test the task; empty where it can."""
    if isinstance(toolchain, MissingDependency):
        return str(toolchain)
    for program, least in task.toolchain.items():
        if as_numbers(toolchain.version) < as_numbers(least):
            return f"{program} {least} or newer is needed, this is {toolchain.version}"
    if absent := missing_packages(task):
        return f"the package {absent[0]} is not there: {ADVICE}"
    return ""


def _first_error(outcome: Outcome) -> str:
    """The compiler's first complaint, which says more than its last."""
    if outcome.verdict not in (Verdict.ERROR, Verdict.PASSED):
        return outcome.detail
    lines = (outcome.stderr + outcome.stdout).decode("utf-8", "replace").splitlines()
    named = [line.strip() for line in lines if "error" in line.lower() or ": " in line]
    told = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return next(iter([line for line in named if "error" in line.lower()] or told), outcome.detail)[:300]
