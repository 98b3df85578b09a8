"""Limits that a person asks for each test program take the place of the judges' own."""

from __future__ import annotations

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.asking.problems.livecodebench import ContestProblem, Test
from benchkit.judging.judges.contest import ContestJudge
from benchkit.judging.sandbox import AskedLimits, Limits, Sandbox
from benchkit.judging.scoring import Judgement, open_judge
from benchkit.verdict import Verdict
from tests.support import wait_until

PROMPT = 'def f(x):\n    """ Twice x. """\n'
TESTED = TestedProblem("T/0", PROMPT, "f", test="def check(candidate):\n    assert candidate(2) == 4\n")
COMPARED = DifferentialProblem(
    "T/0", PROMPT, "f", canonical_solution=PROMPT + "    return 2 * x\n",
    base_inputs=[[n] for n in range(4)], plus_inputs=[[1]],
)  # fmt: skip
ENDLESS = "def f(x):\n    while True: pass\n"
LARGE = "def f(x):\n    kept = bytearray((x in (1, 2)) * 200 << 20)\n    return 2 * x\n"
SLOW = "import time\ndef f(x):\n    time.sleep(0.4)\n    return 2 * x\n"


def _judged(sandbox: Sandbox, problem: Problem, source: str, asked: AskedLimits) -> Judgement:
    return open_judge(ProblemSet("t", None, "limits", (problem,)), sandbox, asked).judge(problem, source)


def test_time_is_exactly_what_was_asked_for(sandbox: Sandbox) -> None:
    """However slow the machine is: a limit that is part of a comparison does not grow."""

    def is_told() -> bool:
        """A machine that stands still at the deadline ends the judge, which tells it in other words."""
        found = _judged(sandbox, TESTED, ENDLESS, AskedLimits(wall_s=0.5))
        assert found.verdict is Verdict.TIMEOUT
        return found.detail == "took longer than 0.5 s"

    wait_until(is_told)


def test_all_inputs_of_a_problem_share_the_time(sandbox: Sandbox) -> None:
    """Where outputs are compared, the program is one with all its inputs: each alone would be in time."""
    for _ in range(4):  # a single one may be late because of others
        found = _judged(sandbox, COMPARED, SLOW, AskedLimits(wall_s=1.0))
        assert found.verdict is Verdict.TIMEOUT
        if "took longer than" not in found.detail:
            break
    assert "the inputs so far took over 1 s" in found.detail


def test_memory_is_what_was_asked_for(sandbox: Sandbox) -> None:
    """Of both kinds of judges; the same code passes with their own limit."""
    for problem in (TESTED, COMPARED):
        assert _judged(sandbox, problem, LARGE, AskedLimits(memory_mb=128)).verdict is Verdict.MEMORY
        assert _judged(sandbox, problem, LARGE, AskedLimits()).verdict is Verdict.PASSED


def test_a_contests_limit_is_told_in_the_record(sandbox: Sandbox) -> None:
    """`limit_s` of the judging's conditions is the one that was in force."""
    judge = ContestJudge(sandbox, asked=AskedLimits(wall_s=0.5))
    found = judge.judge_tests(ContestProblem("p", "Add."), "while True: pass", [Test("1", "2")])
    assert (found.verdict, judge.conditions()["limit_s"]) == (Verdict.TIMEOUT, 0.5)


def test_processor_time_follows_from_the_number_of_processors() -> None:
    """Half a processor for 10 s is 5 s of processor time; without a number the judge's share stays."""
    limits = Limits(wall_s=20.0, cpu_s=80.0, memory_mb=1024)
    assert AskedLimits(wall_s=10.0, cpus=0.5).applied(limits) == Limits(10.0, 5.0, 1024)
    assert AskedLimits(wall_s=10.0, memory_mb=64).applied(limits) == Limits(10.0, 40.0, 64)
    assert AskedLimits().applied(limits) == limits
    assert AskedLimits(wall_s=5.0).applied(Limits(3.0)) == Limits(5.0, None)
