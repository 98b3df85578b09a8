"""Judges contest answers: programs as programs, functions by their calls, up to the first test that fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from benchkit.asking.problems.base import Problem
from benchkit.asking.problems.livecodebench import ContestProblem, Test, read_value
from benchkit.errors import ProblemsError
from benchkit.judging.sandbox import CallResult, Limits, LoadedProgram, Outcome, Program, Sandbox, digest
from benchkit.judging.scoring.base import Judgement
from benchkit.judging.scoring.contest_output import difference, same_value
from benchkit.judging.scoring.contest_source import ONLY_IN_A_FUNCTION, entry_point, in_function, with_prelude
from benchkit.judging.scoring.machine import libraries, slowness
from benchkit.judging.scoring.shortened import MOST, shortened
from benchkit.judging.scoring.turns import Turns
from benchkit.verdict import Verdict

LIMIT_S = 6.0  # a test, as the official grader has it
LARGE_OUTPUT = 4096  # characters as JSON; what is larger may come as a digest
LIMITS = Limits(wall_s=LIMIT_S, memory_mb=4096)


class ContestJudge:
    """The judge of LiveCodeBench's problems."""

    def __init__(self, sandbox: Sandbox, limits: Limits = LIMITS) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._turns = Turns()

    def circumstances(self) -> dict[str, Any]:
        """What the record keeps of how was judged."""
        return {"libraries": libraries(self._sandbox), "limit_s": self._limits.wall_s}

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
        began = monotonic()
        with self._turns.together():
            judgement = self._tried(problem, source, tests, self._limits)
        if judgement.verdict is Verdict.TIMEOUT:
            with self._turns.alone():
                judgement = self._again(problem, source, tests)
        return replace(judgement, seconds=monotonic() - began)

    def _again(self, problem: ContestProblem, source: str, tests: Sequence[Test]) -> Judgement:
        """A timeout counts when it happens again with nothing beside it, in the time that is due here."""
        wall_s = self._limits.wall_s * slowness(self._sandbox)
        return self._tried(problem, source, tests, replace(self._limits, wall_s=wall_s))

    def _tried(
        self, problem: ContestProblem, source: str, tests: Sequence[Test], limits: Limits
    ) -> Judgement:
        if problem.method is None:
            return self._program_or_body(source, tests, limits)
        return self._function(self._complete(source), entry_point(problem.method, source), tests, limits)

    def _complete(self, source: str) -> str:
        return with_prelude(source, self._sandbox.isolation.same_python)

    def _program_or_body(self, source: str, tests: Sequence[Test], limits: Limits) -> Judgement:
        judgement = self._program(self._complete(source), tests, limits)
        if not ONLY_IN_A_FUNCTION.search(judgement.detail) or (body := in_function(source)) is None:
            return judgement
        judgement = self._program(self._complete(body), tests, limits)
        return replace(judgement, further={**judgement.further, "ran_as_function": True})

    def _program(self, source: str, tests: Sequence[Test], limits: Limits) -> Judgement:
        for number, test in enumerate(tests):
            outcome = self._sandbox.run(Program(source=source, stdin=test.input.encode()), limits)
            got = outcome.stdout.decode(errors="replace")
            why = difference(got, test.output)
            if outcome.verdict is not Verdict.PASSED and (why or not _left_by_exit(outcome)):
                return _failed(outcome.verdict, outcome.detail, number, tests)
            if why:
                return _failed(Verdict.WRONG, why, number, tests, got)
        return Judgement(Verdict.PASSED, further={"tests": len(tests)})

    def _function(self, source: str, call: str, tests: Sequence[Test], limits: Limits) -> Judgement:
        """All tests share one program; what fails there after others counts when it fails in a fresh one.

        A contest calls a new object each time: what an answer remembers from the tests before is no fault.
        """
        first = 0
        while True:
            with self._sandbox.load(source, limits) as program:
                if program.failure is not None:
                    return _not_loaded(program.failure, tests)
                judgement, at = _called(program, call, tests, first, limits)
            if at == first or judgement.verdict in (Verdict.PASSED, Verdict.TIMEOUT):
                return judgement
            first = at


def _called(
    program: LoadedProgram, call: str, tests: Sequence[Test], first: int, limits: Limits
) -> tuple[Judgement, int]:
    """The tests from `first` on; also the number of the one that failed."""
    late: list[tuple[int, CallResult]] = []  # large values can be had when all calls are over
    number = first - 1
    for number, reply in enumerate(program.call_many(call, list(_inputs(tests[first:])), limits), first):
        if reply.verdict is not None:
            return _failed(reply.verdict, reply.detail, number, tests), number
        if len(tests[number].output) > LARGE_OUTPUT:
            late.append((number, reply))
        elif not same_value(reply, read_value(tests[number].output)):
            return _wrong_value(reply, number, tests), number
    for number_of_late, reply in late:
        wanted = read_value(tests[number_of_late].output)
        if reply.digest != digest(wanted) and not same_value(reply, wanted):
            return _wrong_value(reply, number_of_late, tests), number_of_late
    if number + 1 < len(tests):
        told = f"{number + 1} of {len(tests)} calls were answered"
        return Judgement(Verdict.INFRASTRUCTURE, told), first
    return Judgement(Verdict.PASSED, further={"tests": len(tests)}), first


def _inputs(tests: Sequence[Test]) -> Iterator[tuple[Any, ...]]:
    for test in tests:
        yield tuple(read_value(line) for line in test.input.split("\n"))


def _left_by_exit(outcome: Outcome) -> bool:
    """Whether it said `sys.exit(1)` or the like, which LiveCodeBench takes for a plain end."""
    return bool(outcome.exit_code and outcome.stdout) and b"Traceback (most recent call last)" not in (
        outcome.stderr
    )


def _not_loaded(failure: Outcome, tests: Sequence[Test]) -> Judgement:
    verdict = Verdict.ERROR if failure.verdict is Verdict.PASSED else failure.verdict
    return Judgement(verdict, failure.detail, further={"tests": len(tests), "failed_test": None})


def _wrong_value(reply: CallResult, number: int, tests: Sequence[Test]) -> Judgement:
    return _failed(Verdict.WRONG, "the wrong value", number, tests, shortened(reply.value))


def _failed(
    verdict: Verdict, why: str, number: int, tests: Sequence[Test], got: str | None = None
) -> Judgement:
    """Which test, with its input, what it wants and what came, all shortened."""
    facts: dict[str, Any] = {
        "tests": len(tests),
        "failed_test": number,
        "input": shortened(tests[number].input),
        "expected": shortened(tests[number].output),
    }
    if got is not None:
        facts["got"] = got if len(got) <= MOST else shortened(got)
    return Judgement(verdict, f"test {number + 1} of {len(tests)}: {why}", further=facts)
