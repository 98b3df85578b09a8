"""Judges contest answers: programs as programs, functions by their calls.

The rules of comparison are LiveCodeBench's: stripped lines, as many of them, each equal or equal token by
token as decimals; what a function returns by `==`, a tuple counting as a list. A value must be of plain
builtin types: an object that claims to equal everything does not arrive here at all.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from time import monotonic
from typing import Any

from benchkit.problems.base import Problem
from benchkit.problems.livecodebench import ContestProblem, Test
from benchkit.records import Verdict
from benchkit.sandbox import Limits, Opaque, Outcome, Program, Reply, Sandbox
from benchkit.scoring.base import Judgement
from benchkit.scoring.shortened import shortened
from benchkit.scoring.turns import Turns

LIMIT_S = 6.0  # a test, as the official grader has it
MEMORY_MB = 4096
# What LiveCodeBench puts before every answer; published passes lean on it.
MODULES = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics",
    "itertools", "functools", "operator", "io", "sys", "json",
)  # fmt: skip
PRELUDE = "; ".join(
    [
        *(f"from {module} import *" for module in (*MODULES, "builtins", "typing")),
        f"import {', '.join(MODULES)}",
        "sys.setrecursionlimit(50000)",
    ]
)


class ContestJudge:
    """The judge of LiveCodeBench's problems; the first test that fails ends it."""

    def __init__(self, sandbox: Sandbox, limit_s: float = LIMIT_S) -> None:
        self._sandbox = sandbox
        self._limits = Limits(wall_s=limit_s, memory_mb=MEMORY_MB)
        self._turns = Turns()

    def judge(self, problem: Problem, source: str) -> Judgement:
        assert isinstance(problem, ContestProblem)
        return self.judge_tests(problem, source, problem.tests())

    def judge_tests(self, problem: ContestProblem, source: str, tests: Sequence[Test]) -> Judgement:
        began = monotonic()
        with self._turns.together():
            judgement = self._tried(problem, source, tests)
        if judgement.verdict is Verdict.TIMEOUT:
            # A timeout counts when it happens again with nothing beside it.
            with self._turns.alone():
                judgement = self._tried(problem, source, tests)
        return replace(judgement, seconds=monotonic() - began)

    def _tried(self, problem: ContestProblem, source: str, tests: Sequence[Test]) -> Judgement:
        if not tests:
            return Judgement(Verdict.INFRASTRUCTURE, f"{problem.id} has no tests")
        complete = with_prelude(source)
        if problem.entry_point is None:
            return self._program(complete, tests)
        return self._function(complete, entry_point(problem.entry_point, source), tests)

    def _program(self, source: str, tests: Sequence[Test]) -> Judgement:
        for number, test in enumerate(tests):
            outcome = self._sandbox.run(Program(source=source, stdin=test.input.encode()), self._limits)
            if outcome.verdict is not Verdict.PASSED:
                return _failed(outcome.verdict, outcome.detail, number, test, tests)
            got = outcome.stdout.decode(errors="replace")
            if why := difference(got, test.output):
                return _failed(Verdict.WRONG, why, number, test, tests, got)
        return Judgement(Verdict.PASSED, further={"tests": len(tests)})

    def _function(self, source: str, call: str, tests: Sequence[Test]) -> Judgement:
        inputs = [tuple(json.loads(line) for line in test.input.split("\n")) for test in tests]
        with self._sandbox.load(source, self._limits) as program:
            if program.failure is not None:
                return _not_loaded(program.failure, tests)
            number = -1
            for number, reply in enumerate(program.call_many(call, inputs, self._limits)):
                if reply.verdict is not None:
                    return _failed(reply.verdict, reply.detail, number, tests[number], tests)
                if not same_value(reply, json.loads(tests[number].output)):
                    why = "the wrong value"
                    got = shortened(reply.value)
                    return _failed(Verdict.WRONG, why, number, tests[number], tests, got)
        if number + 1 < len(tests):
            return Judgement(Verdict.INFRASTRUCTURE, f"{number + 1} of {len(tests)} calls were answered")
        return Judgement(Verdict.PASSED, further={"tests": len(tests)})


def with_prelude(source: str) -> str:
    """The prelude as one line more, before everything that need not be first."""
    line = _first_free_line(source)
    lines = source.split("\n")
    return "\n".join([*lines[:line], PRELUDE, *lines[line:]])


def _first_free_line(source: str) -> int:
    """How many lines must stay in front: up to the last `from __future__` import."""
    if "__future__" not in source:
        return 0
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    future = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    return max((node.end_lineno or 0 for node in future), default=0)


def entry_point(asked: str, source: str) -> str:
    """The method of `Solution`, or the bare function where the answer has no such class."""
    return asked if "class Solution" in source else asked.removeprefix("Solution().")


def difference(got: str, wanted: str) -> str | None:
    """Why the output is wrong; None where it is right."""
    got_lines, wanted_lines = _stripped_lines(got), _stripped_lines(wanted)
    if len(got_lines) != len(wanted_lines):
        return f"{len(got_lines)} lines of output, {len(wanted_lines)} are wanted"
    for number, (line, wanted_line) in enumerate(zip(got_lines, wanted_lines, strict=True), start=1):
        if line != wanted_line and not _equal_decimals(line, wanted_line):
            return f"line {number} is {shortened(line)}, wanted is {shortened(wanted_line)}"
    return None


def _stripped_lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _equal_decimals(got: str, wanted: str) -> bool:
    try:
        return [Decimal(word) for word in got.split()] == [Decimal(word) for word in wanted.split()]
    except InvalidOperation:
        return False


def same_value(reply: Reply, wanted: Any) -> bool:
    got = reply.value
    return not isinstance(got, Opaque) and bool((list(got) if isinstance(got, tuple) else got) == wanted)


def _not_loaded(failure: Outcome, tests: Sequence[Test]) -> Judgement:
    verdict = Verdict.ERROR if failure.verdict is Verdict.PASSED else failure.verdict
    return Judgement(verdict, failure.detail, further={"tests": len(tests), "failed_test": None})


def _failed(
    verdict: Verdict, why: str, number: int, test: Test, tests: Sequence[Test], got: str | None = None
) -> Judgement:
    facts: dict[str, Any] = {
        "tests": len(tests),
        "failed_test": number,
        "input": shortened(test.input),
        "expected": shortened(test.output),
    }
    if got is not None:
        facts["got"] = got if len(got) <= 120 else shortened(got)
    return Judgement(verdict, f"test {number + 1} of {len(tests)}: {why}", further=facts)
