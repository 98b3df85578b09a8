# ruff: noqa: E501
# Programs are quoted line by line as they are.
"""HumanEval's check(candidate) on the trusted side, against a proxy."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchkit.judging.sandbox import Limits, Sandbox, open_sandbox
from benchkit.records import Verdict
from tests.support import wait_until

ADD = "def add(a, b): return a + b"
# Where the machine stands still past the deadline, whoever was waited for: the judge can only be ended then.
FROM_A_LATE_JUDGE = " on what the candidate returned"


@pytest.mark.parametrize(
    ("source", "test", "verdict", "detail"),
    [
        (ADD, "def check(c): assert c(1, 2) == 3", Verdict.PASSED, ""),
        (ADD, "assert add(1, 2) == 3\nassert add([1], [2]) == [1, 2]", Verdict.PASSED, ""),
        (ADD, "def check(c): assert c(a=1, b=2) == 3", Verdict.PASSED, ""),
        (ADD, "def check(c): assert c(1, 2) == 4, 'four'", Verdict.WRONG, "AssertionError: four (line 1 of the test)"),
        (ADD, "def check(c): assert c(1, 'a') == 4", Verdict.ERROR, "TypeError: unsupported operand"),
        (ADD, "def check(c):\n try: c(1, 'a')\n except TypeError: return\n assert 0", Verdict.PASSED, ""),
        ("def add(a, b): raise ValueError('no')", "def check(c):\n try: c(1, 2)\n"
         " except ValueError as e: assert str(e) == 'no'", Verdict.PASSED, ""),
        (ADD, "def check(c): pass", Verdict.INFRASTRUCTURE, "never called"),
        (ADD, "", Verdict.INFRASTRUCTURE, "never called"),
        (ADD, "def check(c): undefined", Verdict.INFRASTRUCTURE, "the test itself failed: NameError"),
        ("def add(a, b): return None", "def check(c): assert abs(c(1, 2)) < 1", Verdict.WRONG, "TypeError"),
        ("import os\ndef add(a, b): os._exit(0)", "def check(c):\n try: c(1, 2)\n except BaseException: pass",
         Verdict.ERROR, "ended with exit code 0"),
        ("def add(a, b):\n while True: pass", "def check(c):\n for _ in '123':\n  try: c(1, 2)\n"
         "  except BaseException: pass", Verdict.TIMEOUT, "took longer than"),
        ("def add(a, b): return range(10**9)", "def check(c): list(c(1, 2))", Verdict.WRONG, "TypeError"),
        ("def add(a, b): return 10**9", "def check(c):\n n = 0\n while n < c(1, 2): n += 1", Verdict.TIMEOUT, ""),
        ("def add(a, b): return 10**12", "def check(c):\n for _ in range(c(1, 2)): pass", Verdict.TIMEOUT, "test"),
        ("def add(a, b): return 10**12", "def check(c): [0] * c(1, 2)", Verdict.WRONG, "MemoryError"),
        ("def add(a, b): a.clear(); return []", "def check(c):\n x = [1]\n want = sorted(x)\n assert c(x, 2) == want",
         Verdict.WRONG, ""),
        ("x = 1/0", "def check(c): c(1, 2)", Verdict.ERROR, "ZeroDivisionError"),
        ("def add(a, b): raise MemoryError", "def check(c): c(1, 2)", Verdict.MEMORY, "MemoryError"),
    ],
)  # fmt: skip
def test_verdicts(best: Sandbox, source: str, test: str, verdict: Verdict, detail: str) -> None:
    """A pass needs all checks, run to their end; everything else says what happened."""
    limits = Limits(wall_s=0.6 if verdict is Verdict.TIMEOUT else 60)

    def is_told() -> bool:
        outcome = best.check(source, test, "add", limits)
        assert (outcome.verdict, outcome.inside) == (verdict, False), outcome
        assert detail in outcome.detail or outcome.detail.endswith(FROM_A_LATE_JUDGE), outcome
        return detail in outcome.detail

    wait_until(is_told)


def test_the_line_of_the_test_that_failed_is_told(best: Sandbox) -> None:
    """With what it asked for: also where the code raised, and none where all is well."""
    test = "def check(c):\n    assert c(1, 2) == 3\n    assert c(2, 2) == 5, 'five'\n"
    found = best.check(ADD, test, "add")
    assert (found.verdict, found.test_line) == (Verdict.WRONG, "assert c(2, 2) == 5, 'five'")
    raising = "def add(a, b): return 3 if a == 1 else 1 / 0"
    assert best.check(raising, test, "add").test_line == "assert c(2, 2) == 5, 'five'"
    assert best.check(ADD, "assert add(1, 2) == 3", "add").test_line == ""


@pytest.mark.parametrize("argument", ["3", "min"], ids=["outside", "inside"])
def test_a_candidate_called_check(best: Sandbox, argument: str) -> None:
    """MBPP has such tasks: it is called by the asserts alone, never with itself."""
    source = "def check(x): return x is not check"
    outcome = best.check(source, f"assert check({argument})", "check")
    assert (outcome.verdict, outcome.inside) == (Verdict.PASSED, argument == "min")


def test_helpers_come_from_the_trusted_side(best: Sandbox) -> None:
    """A helper that the test leans on is the problem's, even where the candidate brings its own."""
    source = "def poly(xs, x): return 0\ndef find_zero(xs): return 1"
    test = "def check(c): assert abs(poly([1, 2], c([1, 2]))) < 1e-6"
    support = "def poly(xs, x): return sum(c * x**i for i, c in enumerate(xs))\ndef find_zero(xs): ..."
    assert best.check(source, test, "find_zero", support=support).verdict is Verdict.WRONG


def test_what_a_proxy_cannot_carry_runs_inside(best: Sandbox) -> None:
    """A test that hands over a function is run beside the code, and the outcome says so."""
    source = "def apply(f, x): return f(x)"
    test = "def check(c): assert c(lambda x: x + 1, 1) == {}"
    right, wrong = (best.check(source, test.format(n), "apply") for n in (2, 3))
    assert (right.verdict, right.inside) == (Verdict.PASSED, True)
    assert (wrong.verdict, wrong.inside) == (Verdict.WRONG, True)
    leave = best.check("import os\ndef apply(f, x): os._exit(0)", test.format(2), "apply")
    assert (leave.verdict, leave.inside) == (Verdict.ERROR, True)


def test_a_candidates_object_is_never_run_inside(best: Sandbox) -> None:
    """An object that equals everything stays in the jail, whatever the test then does with it."""
    source = "class E:\n __eq__ = lambda s, o: True\ndef add(a, b): return E()"
    test = "def check(c):\n x = c(1, 2)\n assert c(x, 3) == 3"
    outcome = best.check(source, test, "add")
    assert (outcome.verdict, outcome.inside) == (Verdict.WRONG, False)


YES = """
class Yes:
    def __getattribute__(self, name): return lambda *_: True
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = lambda *_: True
    __sub__ = __rsub__ = __add__ = __radd__ = __abs__ = __int__ = __index__ = lambda *_: 0
    __float__ = lambda _: 0.0
    __hash__ = lambda _: hash(4)
    __iter__ = lambda self: iter([self, self])
    __call__ = __enter__ = __getitem__ = lambda self, *_: self
    __len__ = lambda _: 2
def add(a, b): return Yes()
"""


@pytest.mark.parametrize(
    "check",
    [
        "c(1, 2) == 4", "4 == c(1, 2)", "not c(1, 2) != 4", "c(1, 2) in (4,)", "4 in {c(1, 2): 0}", "4 in c(1, 2)",
        "abs(c(1, 2) - 4) < 1e-6", "c(1, 2) < 4", "c(1, 2) + 4 == 4", "list(c(1, 2)) == [4, 4]", "c(1, 2)[0] == 4",
        "sorted(c(1, 2)) == [4, 4]", "sum(c(1, 2)) == 8", "isinstance(c(1, 2), int)", "c(1, 2) is True", "range(9)[c(1, 2)] == 4",
    ],
)  # fmt: skip
def test_an_object_that_says_yes_to_everything_fails(best: Sandbox, check: str) -> None:
    """What a test expects is never shown to the candidate's object, and the object does not lead inside."""
    outcome = best.check(YES, f"def check(c): assert {check}", "add")
    assert (outcome.verdict, outcome.inside) == (Verdict.WRONG, False), outcome


def test_canonical_solutions(shared_data: Path) -> None:
    """All 164 of HumanEval pass, and none needs to run inside."""
    with gzip.open(shared_data / "humaneval" / "HumanEval.jsonl.gz") as file:
        problems: list[dict[str, Any]] = [json.loads(line) for line in file]
    with open_sandbox(workers=1) as sandbox:
        for problem in problems:
            source = problem["prompt"] + problem["canonical_solution"]
            outcome = sandbox.check(
                source, problem["test"], problem["entry_point"], support=problem["prompt"]
            )
            assert (outcome.verdict, outcome.inside) == (Verdict.PASSED, False), (problem["task_id"], outcome)
