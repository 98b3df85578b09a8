"""Judges a contest's function by its calls.

All tests share one program, in their order, as the official grader has it. A contest itself calls a new
object each time, so what an answer remembers from earlier tests is neither a fault nor a merit: where that
may decide, other orders are tried, and where these fail each test runs in a program of its own, and these
alone count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random, SystemRandom
from typing import Any

from benchkit.asking.problems.livecodebench import Test, read_value
from benchkit.judging.judges.base import Judgement
from benchkit.judging.judges.contest_output import failed_test, same_value
from benchkit.judging.judges.shortened import shortened
from benchkit.judging.sandbox import CallResult, Limits, LoadedProgram, Outcome, Sandbox, digest
from benchkit.verdict import Verdict

LARGE_OUTPUT = 4096  # characters as JSON; what is larger may come as a digest
MANY_TESTS = 4  # of two wanted values: few tests of two large numbers are not guessed
SMALL = frozenset(map(str, range(-1, 3)))
COUNTED = 3  # tests whose wanted values follow one another as a count does
CERTAIN_CALLS = 20  # each right by itself: a coin that is tossed as often is right once in a million times


class FunctionTests:
    """One answer's function and the tests that it has to pass."""

    def __init__(
        self, sandbox: Sandbox, source: str, call: str, tests: Sequence[Test], limits: Limits
    ) -> None:
        self._sandbox = sandbox
        self._source, self._call = source, call
        self._tests = tests
        self._limits = limits
        self._seconds = 0.0

    def judge(self) -> Judgement:
        return replace(self._judged(), seconds=self._seconds)

    def _judged(self) -> Judgement:
        together, failed = self._run(range(len(self._tests)))
        if together.verdict is Verdict.PASSED:
            unsure = can_be_guessed(self._tests) and not self._looks_at_its_input()
            return self._each_alone() if unsure else together
        if not failed or together.verdict is Verdict.TIMEOUT:
            return together
        alone, _ = self._run([failed])
        if alone.verdict is not Verdict.PASSED:
            return alone
        _, failed_again = self._run(range(failed + 1))
        # A failure that does not come again was no remembered state: it stands.
        return self._each_alone() if failed_again == failed else together

    def _looks_at_its_input(self) -> bool:
        """Whether it is right where nothing but the input can tell it what is wanted.

        A first call says the same whatever is wanted, if it goes by calls, the clock or a file; a program of
        many calls in an order drawn by lot tells chance. A program that keeps what it once said of an input
        has as many chances as there are inputs: there are so many programs.
        """
        lots = SystemRandom()
        by_wanted: dict[str, list[int]] = {}
        for number, test in enumerate(self._tests):
            by_wanted.setdefault(test.output.strip(), []).append(number)
        kinds = list(by_wanted.values())
        trials = [[lots.choice(kind)] for kind in lots.sample(kinds, 2)]
        count = len(self._tests)
        for _ in range(max(1, -(-CERTAIN_CALLS // count) - 1)):
            drawn = [lots.choice(lots.choice(kinds)) for _ in range(CERTAIN_CALLS)]
            trials.append([*lots.sample(range(count), count), *drawn])
        return all(self._run(trial)[0].verdict is Verdict.PASSED for trial in trials)

    def _each_alone(self) -> Judgement:
        """Each test in a program of its own, in changing order, often enough that chance explains nothing."""
        numbers = list(range(len(self._tests)))
        order = Random(0)
        for _ in range(max(2, -(-CERTAIN_CALLS // len(numbers)))):
            for number in order.sample(numbers, len(numbers)):
                judgement, _ = self._run([number])
                if judgement.verdict is not Verdict.PASSED:
                    return judgement
        return Judgement(Verdict.PASSED, further={"tests": len(numbers), "each_test_alone": True})

    def _run(self, numbers: Sequence[int]) -> tuple[Judgement, int | None]:
        """These tests in one program; also the number of the one that failed."""
        with self._sandbox.load(self._source, self._limits) as program:
            called = self._called(program, numbers) if program.failure is None else None
        self._seconds += program.seconds
        if called is None:
            assert program.failure is not None
            return _not_loaded(program.failure, self._tests), None
        return called

    def _called(self, program: LoadedProgram, numbers: Sequence[int]) -> tuple[Judgement, int | None]:
        tests = self._tests
        late: list[tuple[int, CallResult]] = []  # large values can be had when all calls are over
        answered = 0
        inputs = list(_inputs([tests[number] for number in numbers]))
        replies = program.call_many(self._call, inputs, self._limits)
        for reply, number in zip(replies, numbers, strict=False):  # replies first: they end by themselves
            answered += 1
            if reply.verdict is not None:
                return failed_test(reply.verdict, reply.detail, number, tests), number
            if len(tests[number].output) > LARGE_OUTPUT:
                late.append((number, reply))
            elif not same_value(reply, read_value(tests[number].output)):
                return _wrong_value(reply, number, tests), number
        for number, reply in late:
            wanted = read_value(tests[number].output)
            if reply.digest != digest(wanted) and not same_value(reply, wanted):
                return _wrong_value(reply, number, tests), number
        if answered < len(numbers):
            detail = f"{answered} of {len(numbers)} calls were answered"
            return Judgement(Verdict.INFRASTRUCTURE, detail), None
        return Judgement(Verdict.PASSED, further={"tests": len(tests)}), None


def can_be_guessed(tests: Sequence[Test]) -> bool:
    """Whether an answer can be right by the number of its calls alone: yes and no, or a count, is wanted."""
    outputs = [test.output.strip() for test in tests]
    wanted = set(outputs)
    if len(wanted) == 2:
        return wanted == {"true", "false"} or len(tests) >= MANY_TESTS or wanted <= SMALL
    return len(tests) >= COUNTED and _is_count(outputs)


def _is_count(outputs: Sequence[str]) -> bool:
    try:
        numbers = list(map(int, outputs))
    except ValueError:
        return False
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return len(steps) == 1 and 0 not in steps


def _inputs(tests: Sequence[Test]) -> Iterator[tuple[Any, ...]]:
    for test in tests:
        yield tuple(read_value(line) for line in test.input.split("\n"))


def _not_loaded(failure: Outcome, tests: Sequence[Test]) -> Judgement:
    verdict = Verdict.ERROR if failure.verdict is Verdict.PASSED else failure.verdict
    return Judgement(verdict, failure.detail, further={"tests": len(tests), "failed_test": None})


def _wrong_value(reply: CallResult, number: int, tests: Sequence[Test]) -> Judgement:
    return failed_test(Verdict.WRONG, "the wrong value", number, tests, shortened(reply.value))
