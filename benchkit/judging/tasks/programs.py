"""Builds, runs and calls the programs of tasks in the sandbox, with limits; retries where a worker failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchkit.asking.tasks.base import Task
from benchkit.judging.sandbox import (
    NOTHING_ASKED,
    AskedLimits,
    Limits,
    Outcome,
    Program,
    Sandbox,
    WorkerLost,
)
from benchkit.judging.tasks.harnesses import BuildPlan, TrialProgram
from benchkit.judging.tasks.tested import Tested
from benchkit.verdict import Verdict

BUILD_MEMORY_MB = 3072  # of a compiler, whatever its program may use
FOLDER_BYTES = 512 << 20
OUTPUT_BYTES = 4 << 20
PROCESSES, THREADS = 64, 256
MOST_WORKERS = 3  # failed workers before the verdict is infrastructure

Called = tuple[Verdict | None, str, float, Any]
"""The result of a call: a verdict where it returned no value, the reason, seconds, the value."""


class Programs:
    """Callable from several threads at once."""

    def __init__(self, sandbox: Sandbox, asked: AskedLimits = NOTHING_ASKED) -> None:
        self._sandbox, self._asked = sandbox, asked

    def build(self, task: Task, plan: BuildPlan) -> Outcome | Tested:
        """The products, or why the build failed."""
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
        outcome = self._sound(Program(argv=plan.build, files=plan.files, keep=plan.products), limits)
        if outcome.verdict is Verdict.PASSED and set(outcome.files) == set(plan.products):
            return outcome
        verdict = Verdict.ERROR if outcome.verdict is Verdict.PASSED else outcome.verdict
        why = " — ".join(filter(None, (_first_error(outcome), plan.caution)))
        detail = f"does not build: {why}"
        return Tested(verdict, detail, build_s=outcome.seconds, stdout=outcome.stdout, stderr=outcome.stderr)

    def run(
        self,
        task: Task,
        run: TrialProgram,
        products: Mapping[str, bytes],
        stdin: bytes,
        *,
        keep: tuple[str, ...] = (),
        wall_s: float | None = None,
        addresses_gib: int = Limits.addresses_gib,
    ) -> Outcome:
        """Run one of a plan's programs with the products of its build."""
        program = Program(
            source=run.source,
            argv=run.argv,
            stdin=stdin,
            files={**run.files, **{name: products[name] for name in run.executable if name in products}},
            keep=keep,
            executable=run.executable,
        )
        return self._sound(program, replace(self._limits(task, wall_s), addresses_gib=addresses_gib))

    def call(
        self, task: Task, source: str, entry_point: str, arguments: tuple[Any, ...], wall_s: float
    ) -> Called:
        """Call a function of Python source, in a fresh program."""
        limits = self._limits(task, wall_s)
        why = ""
        for _ in range(MOST_WORKERS):
            try:
                return self._called(source, entry_point, arguments, limits)
            except WorkerLost as lost:
                why = str(lost)
        return Verdict.INFRASTRUCTURE, why, 0.0, None

    def _called(self, source: str, entry_point: str, arguments: tuple[Any, ...], limits: Limits) -> Called:
        with self._sandbox.load(source, limits) as program:
            if failed := program.failure:
                if failed.sandbox_failed:
                    raise WorkerLost(failed.detail)
                return failed.verdict, failed.detail, failed.seconds, None
            for reply in program.call_many(entry_point, [arguments], limits):
                if reply.ok:
                    return None, "", reply.seconds, reply.value
                return reply.verdict or Verdict.ERROR, reply.detail, reply.seconds, None
        return Verdict.ERROR, "the program ended before the call", program.seconds, None

    def _sound(self, program: Program, limits: Limits) -> Outcome:
        """Run a program; where a worker fails, again in another worker."""
        outcome = self._sandbox.run(program, limits)
        for _ in range(MOST_WORKERS - 1):
            if not outcome.sandbox_failed:
                break
            outcome = self._sandbox.run(program, limits)
        return outcome

    def _limits(self, task: Task, wall_s: float | None) -> Limits:
        wall_s = task.limits.test_s if wall_s is None else wall_s
        return self._asked.applied(
            Limits(
                wall_s=wall_s,
                cpu_s=4 * wall_s,
                memory_mb=task.limits.memory_mb,
                output_bytes=OUTPUT_BYTES,
                file_bytes=FOLDER_BYTES // 2,
                processes=PROCESSES,
                threads=task.limits.threads,
            )
        )


def _first_error(outcome: Outcome) -> str:
    """The compiler's first error, which says more than its last."""
    if outcome.verdict not in (Verdict.ERROR, Verdict.PASSED):
        return outcome.detail
    lines = (outcome.stderr + outcome.stdout).decode("utf-8", "replace").splitlines()
    named = [line.strip() for line in lines if "error" in line.lower() or ": " in line]
    meaningful = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return next(iter([line for line in named if "error" in line.lower()] or meaningful), outcome.detail)[:300]
