"""Contest answers are judged in the real sandbox: right ones pass, however written, and no others."""

from __future__ import annotations

import ast
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from benchkit.asking.problems.base import Problem
from benchkit.asking.problems.livecodebench import ContestProblem, Test, Window, load_contest
from benchkit.judging.judges.contest import ContestJudge
from benchkit.judging.judges.contest_output import difference
from benchkit.judging.judges.machine import MARGIN, MOST_SLOWNESS, TAKEN_BY_WORK_S, libraries, slowness
from benchkit.judging.sandbox import Limits, Outcome, Program, Sandbox
from benchkit.judging.scoring import Judgement, Tally, as_text, judge_answer
from benchkit.judging.scoring.base import Judged
from benchkit.languages import PYTHON
from benchkit.languages.python.contests import prepared
from benchkit.records import Verdict
from tests.contest_files import row, write
from tests.judging.judges.right_programs import RIGHT, Right

PROGRAM = ContestProblem("p", "Add them.")
FUNCTION = ContestProblem("f", "Add them.", entry_point="Solution", method="add")
SUM = Test("3\n1 2 3\n", "6\n")
# Recorded as failed without any output: it prints the right one from a thread that nobody waits for.
OFFICIAL_ERRORS = {"abc382_c"}


def judged(
    sandbox: Sandbox, source: str, *tests: Test, method: str | None = None, **limits: Any
) -> Judgement:
    judge = ContestJudge(sandbox, Limits(**{"wall_s": 6.0, "memory_mb": 4096} | limits))
    return judge.judge_tests(FUNCTION if method else PROGRAM, source, tests or (SUM,))


def added(sandbox: Sandbox, body: str, wanted: Any = 6, *earlier: Test, **limits: Any) -> Judgement:
    """The judgement on a function `add` with this body, asked for the sum of 1, 2, 3."""
    source = f"class Solution:\n    def add(self, numbers):\n        {body}\n"
    return judged(sandbox, source, *earlier, Test("[1, 2, 3]", json.dumps(wanted)), method="add", **limits)


@pytest.mark.parametrize("right", RIGHT, ids=[right.way for right in RIGHT])
def test_right_programs_pass(right: Right, sandbox: Sandbox) -> None:
    """A right program passes whatever way it has of reading, writing, ending and naming things."""
    tests = [Test(*test) for test in (*right.earlier, (right.input, right.output))]
    judgement = judged(sandbox, right.source, *tests, method=right.method)
    assert (judgement.verdict, judgement.detail) == (Verdict.PASSED, "")


@pytest.mark.parametrize(
    ("source", "verdict", "detail"),
    [
        ("print(5)", Verdict.WRONG, "line 1 is '5', wanted is '6'"),
        ("print(6, 6)", Verdict.WRONG, "line 1"),
        ("print('6\\n6')", Verdict.WRONG, "2 lines of output, 1 are wanted"),
        ("pass", Verdict.WRONG, "line 1 is ''"),
        ("print(6)\n1 / 0", Verdict.ERROR, "ZeroDivisionError"),
        ("print(6", Verdict.ERROR, "SyntaxError"),
        ("import os\nos.kill(os.getpid(), 9)", Verdict.ERROR, "SIGKILL"),
        ("x = bytearray(9 << 30)", Verdict.MEMORY, "MemoryError"),
        ("while True: print('x' * 9999)", Verdict.OUTPUT_LIMIT, "wrote more than"),
    ],
)
def test_wrong_programs_do_not(source: str, verdict: Verdict, detail: str, sandbox: Sandbox) -> None:
    """What failed is told with its test, its input and what was wanted."""
    judgement = judged(sandbox, source)
    assert judgement.verdict is verdict
    assert detail in judgement.detail
    assert judgement.detail.startswith("test 1 of 1: ")
    assert judgement.further["failed_test"] == 0
    assert "1 2 3" in judgement.further["input"]
    assert judgement.further["expected"] == r"'6\n'"


@pytest.mark.parametrize(
    "source",
    [
        "input()\nif 1:\n    print(6)\n    return\nprint(7)",
        "s = 0\ndef f():\n    nonlocal s\n    s = 6\nf()\nprint(s)",
    ],
)
def test_a_program_that_must_be_a_functions_body_is_run_as_one(source: str, sandbox: Sandbox) -> None:
    """LiveCodeBench runs every program as such, so that its passes include some; the record says so."""
    judgement = judged(sandbox, source)
    assert judgement.verdict is Verdict.PASSED
    assert judgement.further["ran_as_function"] is True
    wrong = judged(sandbox, source.replace("6", "5"))
    assert (wrong.verdict, wrong.further["got"]) == (Verdict.WRONG, "5\n")


def test_numbers_of_thousands_of_digits(sandbox: Sandbox) -> None:
    """Python refuses more than 4,300 digits by itself; LiveCodeBench lets 50,000 pass, also in its tests."""
    large = "1" + "0" * 6000
    assert judged(sandbox, "print(int(input()) * 10)", Test(f"{large}\n", f"{large}0\n")).detail == ""
    source = "class Solution:\n    def add(self, n):\n        return [n * 10]\n"
    assert judged(sandbox, source, Test(large, f"[{large}0]"), method="add").verdict is Verdict.PASSED
    assert judged(sandbox, source, Test(large, f"[{large}1]"), method="add").verdict is Verdict.WRONG


def test_the_first_test_that_fails_ends_it(sandbox: Sandbox) -> None:
    """The third of four tests is named, and the fourth, which would take for ever, is not begun."""
    source = "n = int(input())\nwhile n == 4: pass\nprint(1 if n < 3 else 0)"
    begun: list[bytes] = []

    class Noting:
        def run(self, program: Program, limits: Limits) -> Outcome:
            begun.append(program.stdin)
            return sandbox.run(program, limits)

        def __getattr__(self, name: str) -> Any:
            return getattr(sandbox, name)

    judgement = judged(cast("Sandbox", Noting()), source, *(Test(f"{n}\n", "1\n") for n in (1, 2, 3, 4)))
    assert judgement.further["failed_test"] == 2
    assert judgement.further["got"] == "0\n"
    assert begun == [b"1\n", b"2\n", b"3\n"]


def test_a_timeout_is_judged_again_alone(sandbox: Sandbox) -> None:
    """A program that takes too long twice is a timeout; the second time it gets what this machine needs."""
    judgement = judged(sandbox, "while True: pass", wall_s=0.3)
    assert judgement.verdict is Verdict.TIMEOUT
    assert judgement.further["judged_again"] is True


@pytest.mark.parametrize(
    ("seconds", "cpu_seconds", "times"),
    [
        (0.3, 0.3, 1),
        (5.0, 5.0, 5),
        (5.0, 2.0, 5 * MARGIN),
        (1000.0, 1000.0, MOST_SLOWNESS),
    ],
    ids=["faster", "slower", "shared with others", "hardly at all"],
)
def test_how_slow_the_machine_is_is_measured(seconds: float, cpu_seconds: float, times: float) -> None:
    """Against what known work takes elsewhere; limits never shrink, and grow within bounds."""

    class Machine:
        def run(self, _work: Program, _limits: Limits) -> Outcome:
            return Outcome(
                Verdict.PASSED, seconds=seconds * TAKEN_BY_WORK_S, cpu_seconds=cpu_seconds * TAKEN_BY_WORK_S
            )

    assert slowness(cast("Sandbox", Machine())) == pytest.approx(times)


def test_a_plain_exit_with_a_number_is_no_error(sandbox: Sandbox) -> None:
    """LiveCodeBench takes sys.exit(1) for an end like any other, if the output is right; we do too."""
    leave = "\nimport sys\nsys.exit(1)"
    assert judged(sandbox, f"print(6){leave}").verdict is Verdict.PASSED
    assert judged(sandbox, f"print(7){leave}").verdict is Verdict.ERROR


HIDING = {
    "excepthook": "import sys\nsys.excepthook = lambda *_: None",
    "excepthook_that_leaves": "import os, sys\nsys.excepthook = lambda *_: (sys.stdout.flush(), os._exit(0))",
    "closed_stderr": "import sys\nsys.stderr.close()",
    "closed_descriptor": "import os\nos.close(2)",
    "another_stderr": "import io, sys\nsys.stderr = io.StringIO()",
    "no_stderr": "import sys\nsys.stderr = sys.__stderr__ = None",
    "own_stderr_that_leaves": "import os, sys\nclass Own:\n    flush = lambda _: None\n"
    "    write = lambda *_: os._exit(0)\nsys.stderr = Own()",
    "exception_that_leaves": "import os, sys\nclass Own(Exception):\n"
    "    __str__ = lambda _: (sys.stdout.flush(), os._exit(0))\nprint(6)\nraise Own",
    "replaced_traceback": "import os, traceback\ntraceback.print_exception = lambda *_: os._exit(0)",
    "exit_handler": "import atexit, os, sys\natexit.register(lambda: (sys.stdout.flush(), os._exit(0)))",
    "nothing": "",
}


# Answers may recurse to a depth that takes seconds to reach; how an error is hidden does not depend on it.
TOO_DEEP = "import sys\nsys.setrecursionlimit(1000)\ndef f(): f()\nf()"


@pytest.mark.parametrize("way", HIDING)
@pytest.mark.parametrize("end", ["1 / 0", "raise SystemError", "raise KeyboardInterrupt", TOO_DEEP])
def test_an_exception_after_the_right_output_fails_however_hidden(
    way: str, end: str, sandbox: Sandbox
) -> None:
    """It is an error with or without a traceback, whatever hook or closed stream hides it."""
    judgement = judged(sandbox, f"{HIDING[way]}\nprint(6, flush=True)\n{end}")
    assert judgement.verdict is Verdict.ERROR


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return sum(numbers)", 6),
        ("return float(sum(numbers))", 6),
        ("return tuple(numbers)", [1, 2, 3]),
        ("return [(1, 2), (3,)]", [[1, 2], [3]]),
        ("import collections; return collections.Counter(map(str, numbers))", {"1": 1, "2": 1, "3": 1}),
        ("numbers.clear(); return 6", 6),
    ],
)
def test_values_that_equal_what_is_wanted(body: str, wanted: Any, sandbox: Sandbox) -> None:
    """Values are compared by ==, tuples count as lists and subclasses as their builtin base."""
    assert added(sandbox, body, wanted).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "body",
    [
        "return type('Yes', (), {'__eq__': lambda *_: True})()",
        "return type('Yes', (int,), {'__eq__': lambda *_: True})(5)",
        "return type('Yes', (list,), {'__eq__': lambda *_: True})()",
        "import os; os._exit(0)",
        "import sys; sys.exit(0)",
        "import os; os.write(4, b'V' + bytes(16)); return 5",
        "import builtins; builtins.bool = lambda _: True; return 5",
        "return str(sum(numbers))",
        "return None",
        "while True: numbers.append(0)",
    ],
)
def test_cheats_and_mistakes_fail(body: str, sandbox: Sandbox) -> None:
    """An object that equals everything, a forged reply, an early exit, another type: none of them passes."""
    assert added(sandbox, body, memory_mb=512).verdict not in (Verdict.PASSED, Verdict.INFRASTRUCTURE)


def test_printing_what_a_function_should_return_is_no_answer(sandbox: Sandbox) -> None:
    """What a function prints is neither its value nor a reply."""
    assert added(sandbox, "print(6)").verdict is Verdict.WRONG


def test_large_values_are_compared_whole(sandbox: Sandbox) -> None:
    """Values too large to come along with a reply are right or wrong like others, in the middle too."""
    source = "class Solution:\n    def add(self, n):\n        return tuple(range(n))"
    right = [Test(str(n), json.dumps(list(range(n)))) for n in (60_000, 3, 70_000)]
    assert judged(sandbox, source, *right, method="add").verdict is Verdict.PASSED
    wrong = [right[0], Test("70000", json.dumps([*range(69_999), 0])), right[1]]
    judgement = judged(sandbox, source, *wrong, method="add")
    assert (judgement.verdict, judgement.further["failed_test"]) == (Verdict.WRONG, 1)


def test_what_is_remembered_from_the_test_before_is_no_fault(sandbox: Sandbox) -> None:
    """A contest calls a new object each time; a wrong answer stays wrong, and its test is named."""
    source = (
        "class Solution:\n    seen = []\n    def add(self, numbers):\n        self.seen += numbers\n"
        "        return sum(self.seen)"
    )
    tests = [Test(str([n]), str(n)) for n in range(1, 5)]
    assert judged(sandbox, source, *tests, method="add").verdict is Verdict.PASSED
    judgement = judged(sandbox, source, *tests, Test("[5]", "6"), *tests, method="add")
    assert (judgement.verdict, judgement.further["failed_test"]) == (Verdict.WRONG, 4)


# Ways to answer true or false by anything but the input; `k` counts the calls.
BLIND = {
    "counter": "global k; k += 1; return k > 1",
    "counter_false_first": "global k; k += 1; return k < 2",
    "alternating": "global k; k += 1; return k % 2 == 0",
    "attribute": "self.k = getattr(self, 'k', 0) + 1; return self.k > 1",
    "default": "seen.append(0); return len(seen) > 1",
    "time": "import time; return time.perf_counter() - began > 2e-4",
    "clock": "import time; return time.perf_counter_ns() // 1000 % 2 == 0",
    "random": "import random; return random.random() < 0.5",
    "pid": "import os; global k; k += 1; return (os.getpid() + k) % 2 == 0",
    "file": "import os; there = os.path.exists('x'); open('x', 'w').close(); return there",
    "kept_counter": "global k; kept.setdefault(str(numbers), len(kept) > 0); return kept[str(numbers)]",
    "kept_chance": "import random; return kept.setdefault(str(numbers), random.random() < 0.5)",
    "module": "import sys; there = hasattr(sys, 'x'); sys.x = 1; return there",
}
ORDERS = ([True, False], [False, True], [True, False, True], [True, True, False], [False, True, False])


# What an answer counts up or down to, when wanted values follow one another or are the smallest numbers.
COUNTS = {
    "up": ("global k; k += 1; return k", [1, 2, 3]),
    "down": ("global k; k -= 1; return k + 3", [2, 1, 0]),
    "one_and_nought": ("global k; k += 1; return k % 2", [1, 0]),
    "three_small": ("global k; k += 1; return k % 2", [1, 0, 1]),
}


@pytest.mark.parametrize("way", COUNTS)
def test_an_answer_that_counts_its_calls_fails(way: str, sandbox: Sandbox) -> None:
    """Also where more than two values are wanted; one that adds up what it is given passes."""
    body, wanted = COUNTS[way]
    tests = [Test(f"[{value}]", str(value)) for value in wanted]
    source = "k = 0\nclass Solution:\n    def add(self, numbers):\n        {}\n"
    assert judged(sandbox, source.format(body), *tests, method="add").verdict is Verdict.WRONG
    assert (
        judged(sandbox, source.format("return sum(numbers)"), *tests, method="add").verdict is Verdict.PASSED
    )


def test_a_mark_of_the_encoding_is_no_error(sandbox: Sandbox) -> None:
    """A program may begin with one."""
    assert judged(sandbox, "\ufeffinput(); print(sum(map(int, input().split())))").verdict is Verdict.PASSED


@pytest.mark.parametrize("way", BLIND)
@pytest.mark.parametrize("wanted", ORDERS, ids=str)
def test_an_answer_that_ignores_its_input_fails(way: str, wanted: list[bool], sandbox: Sandbox) -> None:
    """Yes or no by the number of calls, the time, chance, the process or a file is never a pass."""
    source = (
        "import time\nk = 0\nkept = {}\nbegan = time.perf_counter()\nclass Solution:\n"
        f"    def add(self, numbers, seen=[]):\n        {BLIND[way]}\n"
    )
    tests = [Test(f"[{number}]", json.dumps(value)) for number, value in enumerate(wanted)]
    assert judged(sandbox, source, *tests, method="add").verdict in (Verdict.WRONG, Verdict.ERROR)


def test_remembered_yes_and_no_is_no_fault(sandbox: Sandbox) -> None:
    """A right answer that spoils itself by what it keeps passes; the record says that tests ran alone."""
    source = (
        "class Solution:\n    seen = []\n    def add(self, numbers):\n        self.seen += numbers\n"
        "        return sum(self.seen) > 2"
    )
    tests = [Test(f"[{number}]", json.dumps(number > 2)) for number in (3, 1, 4, 2)]
    judgement = judged(sandbox, source, *tests, method="add")
    assert (judgement.verdict, judgement.further["each_test_alone"]) == (Verdict.PASSED, True)


def test_a_function_may_do_without_the_class(sandbox: Sandbox) -> None:
    """An answer without class Solution is called by its bare name, as LiveCodeBench does."""
    source = "def add(numbers):\n    return sum(numbers)"
    assert judged(sandbox, source, Test("[1, 2, 3]", "6"), method="add").verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "source",
    [
        "print(gcd(6, 12) * (pow(2, 3) == 8))",
        "print(int(stdin.read().split()[0]) * 2)",
        "exec('print(sum(deque([1, 2, 3])))')",
        "def f(x: List[int]) -> Optional[int]: return x[0]\nprint(f([6]))",
        "print(datetime.date(2025, 1, 6).day)",
        "print(max(accumulate([1, 2, 3])))",
        "print(abs(-6) if open(0) else 0)",
        "e = 6\nprint(e)",
    ],
)
def test_names_that_answers_take_for_granted_are_there(source: str, sandbox: Sandbox) -> None:
    """Without any import of its own an answer has what LiveCodeBench imports for it, and its own builtins."""
    assert judged(sandbox, source).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("got", "wanted", "same"),
    [
        ("6", "6\n", True),
        ("  6  \n\n", "6", True),
        ("1 2\n3", "1  2\n 3", True),
        ("6.0", "6", True),
        ("0.10 1e1", "0.1 10", True),
        ("0.1000000001", "0.1", False),
        ("Yes", "YES", False),
        ("1\n\n2", "1\n2", False),
        ("1 2", "1\n2", False),
        ("nan", "nan", True),
        ("x 1.0", "x 1", False),
        ("", "", True),
    ],
)
def test_outputs_are_compared_as_the_official_rules_have_it(got: str, wanted: str, same: bool) -> None:
    """Stripped lines, as many of them, each equal or equal word by word as decimals."""
    assert (difference(got, wanted) is None) is same


@pytest.mark.parametrize("same_python", [True, False])
def test_imports_never_shadow_builtins(same_python: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("set_int_max_str_digits", "setrecursionlimit"):
        monkeypatch.setattr(sys, limit, lambda _: None)  # of this whole process
    names: dict[str, Any] = {}
    exec(prepared("modular, common = pow(2, 5, 7), gcd(4, 6)", same_interpreter=same_python), names)
    assert (names["modular"], names["common"]) == (4, 2)


def test_of_another_python_no_name_is_asked_for_that_it_may_lack() -> None:
    assert "import gcd" in prepared("gcd(4, 6)")
    assert "import gcd" not in prepared("gcd(4, 6)", same_interpreter=False)


def test_what_contest_solutions_take_for_granted_is_there(sandbox: Sandbox) -> None:
    """Both libraries can be imported by programs where they are installed; the record has their versions."""
    assert PYTHON.contests is not None
    found = libraries(sandbox, PYTHON.contests)
    for name, version in found.items():
        source = f"import {name}\nprint({name}.__version__)"
        verdict = judged(sandbox, source, Test("", version or "?")).verdict
        assert (verdict is Verdict.PASSED) is (version is not None)


def test_an_answer_in_prose_and_fences_is_judged(sandbox: Sandbox) -> None:
    """The block that defines the class is taken, not the example of its use after it."""
    answer = (
        "So:\n```python\nclass Solution:\n    def add(self, numbers):\n        return sum(numbers)\n```\n"
        "Use it:\n```python\nprint(Solution().add([1]))\n```\n```\n1\n```"
    )

    class Summing(ContestJudge):
        def judge(self, problem: Problem, source: str) -> Judgement:
            assert problem is FUNCTION
            return self.judge_tests(FUNCTION, source, [Test("[1, 2, 3]", "6")])

    assert judge_answer(Summing(sandbox), FUNCTION, answer).verdict is Verdict.PASSED


def test_a_file_that_changes_under_the_judge_is_nobodys_mistake(sandbox: Sandbox, tmp_path: Path) -> None:
    """Tests that can no longer be read give no verdict on the model."""
    path = write(tmp_path / "p.jsonl", row())
    (problem,) = load_contest([path], Window()).problems
    path.write_text("{}\n")
    assert ContestJudge(sandbox).judge(problem, "print(2)").verdict is Verdict.INFRASTRUCTURE


def test_the_summary_shows_platforms_months_and_errata(tmp_path: Path) -> None:
    """A cliff between months can be seen; the score without the official errata stands beside the other."""
    rows = [
        row(1, "2025-01-05"),
        row(2, "2025-02-05", platform="leetcode", difficulty="hard"),
        row(3, "2025-02-06", question_id="abc337_e"),
    ]
    found = load_contest([write(tmp_path / "p.jsonl", *rows)], Window())
    tally = Tally(found)
    for problem in found.problems:
        tally.add(Judged(problem.id, 0, Verdict.PASSED if problem.id == "abc1_a" else Verdict.WRONG))
    summary = tally.summary()
    months = summary["further"]["groups"]["month"]
    assert {name: group["score"] for name, group in months.items()} == {"2025-01": 100.0, "2025-02": 0.0}
    assert months["2025-02"]["interval"][1] < 70
    text = as_text(summary)
    assert "By platform: atcoder 50.00% (1/2), leetcode 0.00% (0/1)" in text
    assert "By month: 2025-01 100.00% (1/1), 2025-02 0.00% (0/2)" in text
    assert "Without the 1 problem known to be faulty: 50.00% (1/2)" in text
    assert "Public tests only" in text


def test_published_verdicts(shared_data: Path, sandbox: Sandbox) -> None:
    """Published passes pass; failures whose input was recorded fail, but where that grader erred."""
    path = shared_data / "livecodebench" / "problems_v5_v6_public.jsonl"
    problems = {problem.id: problem for problem in load_contest([path], Window()).problems}
    published = json.loads((shared_data / "verdicts/livecodebench-o1-mini/eval_all.json").read_text())
    answers = [answer for answer in published if answer["question_id"] in problems]
    judge = ContestJudge(sandbox)

    def agrees(answer: dict[str, Any]) -> bool:
        problem, (code,), (passed,) = (
            problems[answer["question_id"]],
            answer["code_list"],
            answer["graded_list"],
        )
        if passed:
            return judge.judge(problem, code).verdict is Verdict.PASSED
        test = recorded_test(json.loads(answer["metadata"][0]), problem.method is not None)
        return test is None or judge.judge_tests(problem, code, [test]).verdict is not Verdict.PASSED

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(agrees, answers))
    assert len(found) == 167
    differ = {answer["question_id"] for answer, agreed in zip(answers, found, strict=True) if not agreed}
    assert differ == OFFICIAL_ERRORS


def recorded_test(metadata: dict[str, Any], functional: bool) -> Test | None:
    """The input on which an answer failed, where it was recorded whole."""
    given, wanted = metadata.get("inputs"), metadata.get("expected")
    if not given or "...(truncated)" in f"{given}{wanted}":
        return None
    if not functional:
        return Test(given, str(wanted))
    arguments = ast.literal_eval(given) if isinstance(given, str) else given
    return Test("\n".join(map(json.dumps, arguments)), json.dumps(literal(wanted)))


def literal(text: Any) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
