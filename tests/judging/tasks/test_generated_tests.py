"""Tests that a model wrote: they must let correct code pass and find wrong code out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.asking.tasks import load_catalogue
from benchkit.asking.tasks.folders import read_solution
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.tested import Tested
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.verdict import Verdict

FOLDER = Path(__file__).parent.parent.parent / "tasks_catalogue" / "python_easy_clamp_tests"
TASK = load_catalogue(FOLDER).problems[0]
GOOD = read_solution(TASK)["test_clamp.py"].decode()


@pytest.fixture(scope="module")
def judge() -> Iterator[TaskJudge]:
    toolchains = find_toolchains(["python"])
    with open_sandbox("auto", 1, toolchains.folders) as sandbox:
        yield TaskJudge(Tester(sandbox, toolchains.by_language))


def outcome_of(judge: TaskJudge, tests: str) -> Tested:
    return judge.judge_answer(TASK, f"test_clamp.py\n```python\n{tests}```\n").tested


def test_good_tests_kill_all_mutants(judge: TaskJudge) -> None:
    result = outcome_of(judge, GOOD)
    assert (result.verdict, result.detail) == (Verdict.PASSED, "killed 8 of 8 mutants")


def test_too_few_killed_mutants_are_named(judge: TaskJudge) -> None:
    weak = GOOD.replace("self.assertEqual(clamp(1, 2, 5), 2)", "pass")
    result = outcome_of(judge, weak)
    assert result.verdict is Verdict.WRONG
    assert result.detail == "killed 7 of 8 mutants; alive: no_low"


@pytest.mark.parametrize(
    ("old", "new", "whose"),
    [
        ("clamp(4, 4, 4), 4", "clamp(4, 4, 4), 5", "the reference"),
        ("assertRaises(ValueError)", 'assertRaisesRegex(ValueError, "low is")', "the second implementation"),
    ],
)
def test_a_false_alarm_fails_whatever_is_killed(judge: TaskJudge, old: str, new: str, whose: str) -> None:
    """Also one that only another correct implementation shows."""
    result = outcome_of(judge, GOOD.replace(old, new))
    assert result.verdict is Verdict.WRONG
    assert f"a false alarm on {whose}" in result.detail


def test_tests_that_skip_or_check_nothing_do_not_pass(judge: TaskJudge) -> None:
    assert outcome_of(judge, "import unittest\n").verdict is Verdict.WRONG
    skipped = GOOD.replace("    def test_signs", "    @unittest.skip('')\n    def test_signs")
    assert outcome_of(judge, skipped).verdict is Verdict.WRONG
