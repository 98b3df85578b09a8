"""Judges by comparing outputs with the canonical solution's, on the base inputs, then on the extra ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from time import monotonic
from typing import Any

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.judging.judges.base import Judgement
from benchkit.judging.judges.expected import (
    CanonicalFailed,
    ExpectedOutputs,
    GroupOutputs,
    canonical_replies,
    inputs_of,
)
from benchkit.judging.judges.loose import loose_digest
from benchkit.judging.judges.machine import slowness
from benchkit.judging.judges.oracles import FLOAT_ATOL, Oracle, oracle_of, same
from benchkit.judging.judges.shortened import shortened
from benchkit.judging.judges.turns import Turns
from benchkit.judging.sandbox import NOTHING_ASKED, AskedLimits, CallResult, Limits, LoadedProgram, Sandbox
from benchkit.verdict import Verdict

SHORTEST_LIMIT_S = 1.0  # of one input
LIMIT_FACTOR = 4.0  # times what the canonical solution took on this machine
MOST_S = 60.0  # of one group of inputs
OVERDUE_S = 0.5  # a call that returns so long after its limit was not ended then: the machine stood still
MOST_STOOD_STILL_S = 60.0  # in all: an answer that brings such calls about gains no more by them
LARGEST_VALUE = 32 << 20
LIMITS = Limits(wall_s=10.0, cpu_s=2 * MOST_S, memory_mb=4096, value_bytes=LARGEST_VALUE)


@dataclass
class InputGroup:
    """One group of a problem's inputs while a program is judged on it."""

    problem: DifferentialProblem
    name: str
    inputs: Sequence[Sequence[Any]]
    expected: GroupOutputs
    patience: float = 1.0  # by how much limits grow, for a machine that is slow now
    asked_s: float | None = None  # what a person allows all inputs together
    reached: int = 0  # the input that is being judged
    large: dict[int, CallResult] = field(default_factory=dict)  # compared when all calls are done

    def __post_init__(self) -> None:
        self.oracle: Oracle = oracle_of(self.problem)

    def atol(self, index: int) -> float:
        """The tolerance in force: the problem's own, else one for floats once a float was expected."""
        first = self.expected.first_float
        floats_seen = first is not None and index >= first
        return self.problem.atol or (FLOAT_ATOL if floats_seen else 0.0)

    def limits(self) -> list[float]:
        """Seconds that each input may take."""
        return [self._limit(took) for took in self.expected.seconds]

    def whole_limit(self) -> float:
        """Seconds that all inputs may take together."""
        if self.asked_s is not None:
            return self.asked_s
        return min(MOST_S, sum(self.limits())) * self.patience + 1

    def _limit(self, took: float) -> float:
        if self.asked_s is not None:
            return self.asked_s
        return round(self.patience * max(SHORTEST_LIMIT_S, LIMIT_FACTOR * took), 1)

    def wrong(self, index: int, got: str) -> Judgement:
        arguments = ", ".join(shortened(argument) for argument in self.inputs[index])
        wanted = "a large output" if self.expected.is_large(index) else shortened(self.expected.value(index))
        return Judgement(
            Verdict.WRONG, f"{self._describe_place(index)}({arguments}): expected {wanted}, got {got}"
        )

    def judgement_of_stop(self, index: int, verdict: Verdict, why: str) -> Judgement:
        arguments = ", ".join(shortened(argument) for argument in self.inputs[index])
        return Judgement(verdict, f"{self._describe_place(index)}({arguments}): {why}")

    def _describe_place(self, index: int) -> str:
        return f"{self.name} input {index + 1} of {len(self.inputs)}, {self.problem.entry_point}"


class DifferentialJudge:
    """The judge of the + sets."""

    def __init__(self, sandbox: Sandbox, problem_set: ProblemSet, asked: AskedLimits = NOTHING_ASKED) -> None:
        self._sandbox = sandbox
        self._limits, self._asked_s = asked.applied(LIMITS), asked.wall_s
        self._expected = ExpectedOutputs(problem_set, sandbox)
        self._turns = Turns()
        self._right: dict[tuple[str, str, int], bytes] = {}  # loose digests of large right outputs

    def judge(self, problem: Problem, source: str) -> Judgement:
        assert isinstance(problem, DifferentialProblem)
        try:
            base = both = self._on(problem, "base", source)
            if base.verdict is Verdict.PASSED:
                both = self._on(problem, "plus", source)
                both = replace(both, seconds=base.seconds + both.seconds)
        except CanonicalFailed as error:
            both = base = Judgement(
                Verdict.INFRASTRUCTURE, f"{problem.id}: its canonical solution fails {error}"
            )
        return replace(both, base_verdict=base.verdict)

    def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement:
        return Judgement(verdict, detail, base_verdict=verdict)

    def conditions(self) -> dict[str, Any]:
        return {}

    def _on(self, problem: DifferentialProblem, name: str, source: str) -> Judgement:
        """The verdict on one group; a timeout is judged a second time, alone."""
        with self._turns.together():
            inputs, expected = inputs_of(problem, name), self._expected.of(problem, name)
            group = InputGroup(problem, name, inputs, expected, asked_s=self._asked_s)
            judgement = self._run(group, source)
        if judgement.verdict is not Verdict.TIMEOUT:
            return judgement
        with self._turns.alone():
            patience = 1.0 if self._asked_s is not None else slowness(self._sandbox)
            again = replace(group, patience=patience, reached=0, large={})
            return self._run(again, source)

    def _run(self, group: InputGroup, source: str) -> Judgement:
        limits = replace(self._limits, wall_s=self._limits.wall_s * group.patience)
        with self._sandbox.load(source, limits) as program:
            judgement = self._first_failure(group, program)
            got = (
                {}
                if judgement
                else {index: loose_digest(reply.value) for index, reply in group.large.items()}
            )
        judgement = judgement or self._compare_large(group, got) or Judgement(Verdict.PASSED)
        return replace(judgement, seconds=program.seconds)

    def _first_failure(self, group: InputGroup, program: LoadedProgram) -> Judgement | None:
        if program.failure is not None:
            return Judgement(program.failure.verdict, program.failure.detail)
        limit_s, looked = group.whole_limit(), monotonic()
        ends = looked + limit_s
        at_latest = ends + MOST_STOOD_STILL_S
        for reply, most_s in zip(_replies(group, program, self._limits), group.limits(), strict=False):
            waited_s = monotonic() - looked
            if waited_s > most_s + OVERDUE_S:
                ends = min(ends + waited_s, at_latest)
            if failed := self._failed(group, group.reached, reply):
                return failed
            if monotonic() > ends:
                return group.judgement_of_stop(
                    group.reached, Verdict.TIMEOUT, f"the inputs so far took over {limit_s:g} s"
                )
            group.reached += 1
            looked = monotonic()
        if group.reached < len(group.inputs):
            return group.judgement_of_stop(group.reached, Verdict.ERROR, "the program ended")
        return None

    def _failed(self, group: InputGroup, index: int, reply: CallResult) -> Judgement | None:
        if not reply.ok:
            return group.judgement_of_stop(index, reply.verdict or Verdict.ERROR, reply.detail)
        if reply.digest == group.expected.digest(index):
            return None
        if group.expected.is_large(index):
            group.large[index] = reply
            return None
        got = reply.value
        if same(group.oracle, group.inputs[index], got, group.expected.value(index), group.atol(index)):
            return None
        return group.wrong(index, shortened(got))

    def _compare_large(self, group: InputGroup, got: dict[int, bytes]) -> Judgement | None:
        """Compare what was too large to be kept, once the program has given its worker back."""
        self._compute_expected(group)
        for index, digest in got.items():
            if digest != self._right[group.problem.id, group.name, index]:
                return group.wrong(index, "another")
        return None

    def _compute_expected(self, group: InputGroup) -> None:
        key = group.problem.id, group.name
        unknown = [index for index in group.large if (*key, index) not in self._right]
        if not unknown:
            return
        inputs = [group.inputs[index] for index in unknown]
        with canonical_replies(self._sandbox, group.problem, inputs, LARGEST_VALUE) as replies:
            for index, reply in zip(unknown, list(replies), strict=True):
                self._right[*key, index] = loose_digest(reply.value)


def _replies(group: InputGroup, program: LoadedProgram, limits: Limits) -> Iterator[CallResult]:
    """The replies to all inputs, those with the same time limit in one go."""
    numbered = zip(group.limits(), group.inputs, strict=True)
    for wall_s, part in groupby(numbered, key=lambda pair: pair[0]):
        calls = [tuple(arguments) for _, arguments in part]
        yield from program.call_many(group.problem.entry_point or "", calls, replace(limits, wall_s=wall_s))
