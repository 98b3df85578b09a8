"""What the gate finds wrong with a task, and what a machine lacks to try it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks import verify as gate
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.judging.tasks.verify import Gate, Known, verify
from benchkit.verdict import Verdict
from tests.support import ROOT

CATALOGUE = ROOT / "demo" / "tasks"
NAME = "python_easy_clamp"
TASK = load_catalogue(CATALOGUE / NAME).problems[0]


@pytest.fixture(scope="module")
def judge() -> Iterator[TaskJudge]:
    toolchains = find_toolchains(["python"])
    with open_sandbox("auto", 1, toolchains.folders) as sandbox:
        yield TaskJudge(Tester(sandbox, toolchains.by_language))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(CATALOGUE / NAME, tmp_path / NAME)
    return tmp_path / NAME


def task_in(folder: Path) -> Task:
    return load_catalogue(folder.parent).problems[0]


def solve(folder: Path) -> None:
    shutil.copy(folder / "solution" / "clamp.py", folder / "workspace" / "clamp.py")


def break_alternative(folder: Path) -> None:
    (folder / "alternative" / "clamp.py").write_text("def clamp(*a):\n    return 0\n\n\ntotal = sum\n")


def drop_alternative(folder: Path) -> None:
    shutil.rmtree(folder / "alternative")


def harmless_mutant(folder: Path) -> None:
    path = folder / "mutants" / "no_low.txt"
    path.write_text(path.read_text().replace("min(value, high)\n>>", "max(min(value, high), low)\n>>"))


def few_mutants(folder: Path) -> None:
    (folder / "mutants" / "no_low.txt").unlink()


def unfit_mutant(folder: Path) -> None:
    (folder / "mutants" / "no_low.txt").write_text(
        "Wrong.\n\nclamp.py\n<<<<<<< SEARCH\nnowhere\n=======\nx\n>>>>>>> REPLACE\n"
    )


def told_test(folder: Path) -> None:
    with (folder / "instructions.md").open("a") as file:
        file.write("\nself.assertEqual(total([1, 2, 3]), 6)\n")


def more_checks(folder: Path) -> None:
    path = folder / "metadata.json"
    path.write_text(path.read_text().replace('"checks": 8', '"checks": 9'))


def unknown_check(folder: Path) -> None:
    with (folder / "tests" / "test_clamp.py").open("a") as file:
        file.write("\n    def test_total_of_one(self):\n        self.assertEqual(total([4]), 4)\n")


def one_check_less(folder: Path) -> None:
    path = folder / "tests" / "test_clamp.py"
    path.write_text(path.read_text().replace("def test_below", "def below"))


def part_of_a_line(folder: Path) -> None:
    (folder / "mutants" / "no_low.txt").write_text(
        "Wrong.\n\nclamp.py\n<<<<<<< SEARCH\nmin(value, high)\n=======\nvalue\n>>>>>>> REPLACE\n"
    )


def changes_tests(folder: Path) -> None:
    (folder / "solution" / "test_clamp.py").write_text("")


def hanging_starter(folder: Path) -> None:
    (folder / "workspace" / "clamp.py").write_text("while True:\n    pass\n")
    path = folder / "metadata.json"
    path.write_text(path.read_text().replace('"test_s": 20', '"test_s": 1'))


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (solve, "the starter passes"),
        (hanging_starter, "the starter fails by a limit"),
        (break_alternative, "alternative/ fails at try 1"),
        (drop_alternative, "alternative/ is missing"),
        (harmless_mutant, "the mutant no_low passes (Forgets the lower bound.)"),
        (few_mutants, "4 mutants in mutants/; 5 or more are needed"),
        (unfit_mutant, "mutants/no_low.txt cannot be applied"),
        (told_test, "stands in the instructions: 'self.assertEqual(total([1, 2, 3]), 6)'"),
        (part_of_a_line, "is not there as whole lines, only within lines: 'min(value, high)'"),
        (more_checks, "solution/ ran 8 checks, and metadata.json says 9: set checks to 8"),
        (unknown_check, "alternative/ ran 9 checks, and metadata.json says 8: set checks to 9"),
        (one_check_less, "ran 7 checks, and metadata.json says 8: 8 tests are the least"),
        (changes_tests, "solution/ changes test_clamp.py, which an answer may not"),
    ],
    ids=lambda part: part.__name__ if callable(part) else None,
)
def test_each_rule_that_a_task_breaks_is_named(
    judge: TaskJudge, folder: Path, spoil: Callable[[Path], None], rule: str
) -> None:
    spoil(folder)
    finding = Gate(judge, task_in(folder), times=1).finding()
    assert any(rule in failure for failure in finding.failures), finding
    assert finding.in_words().startswith(f"FAILED {NAME}")


def test_a_task_that_passed_is_tried_once_until_it_changes(
    judge: TaskJudge, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time its reference must pass three times and beside busy loops; its time is kept."""
    monkeypatch.setattr(gate, "BUSY_LOOPS", 2)
    (folder.parent / "verified.json").write_text("{}")
    task, known = task_in(folder), Known(folder.parent)
    assert not known.holds(task)
    (finding,) = verify(judge, [task], 1, known)
    assert finding.passed
    kept = json.loads((folder.parent / "verified.json").read_text())
    assert 0 < kept[NAME]["reference_s"]["test"] < 100
    kept[NAME]["reference_s"]["test"] = 1000  # as if the machine had been busy
    (folder.parent / "verified.json").write_text(json.dumps(kept))
    list(verify(judge, [task], 1, Known(folder.parent)))
    kept = json.loads((folder.parent / "verified.json").read_text())
    assert kept[NAME]["reference_s"]["test"] < 100
    assert Known(folder.parent).holds(task)
    few_mutants(folder)
    assert not Known(folder.parent).holds(task_in(folder))


@pytest.mark.parametrize("spoil", [solve, break_alternative, harmless_mutant, told_test, more_checks])
def test_a_list_of_verified_tasks_lets_nothing_through(
    judge: TaskJudge, folder: Path, spoil: Callable[[Path], None]
) -> None:
    """Whatever it says of a task, starter, references, mutants and instructions are tried once."""
    spoil(folder)
    task = task_in(folder)
    listed = {NAME: {"sha256": gate.whole_digest(task), "reference_s": {}}}
    (folder.parent / "verified.json").write_text(json.dumps(listed))
    known = Known(folder.parent)
    assert known.holds(task)
    (finding,) = verify(judge, [task], 1, known)
    assert finding.failures


def test_a_broken_list_of_verified_tasks_is_none(folder: Path) -> None:
    for text in ("[]", "{", '{"python_easy_clamp": 1}', "null"):
        (folder.parent / "verified.json").write_text(text)
        assert not Known(folder.parent).holds(task_in(folder))


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (
            replace(load_catalogue(CATALOGUE / NAME).problems[0], toolchain={"python": "99.1"}),
            "python 99.1 or newer",
        ),
        (
            replace(load_catalogue(CATALOGUE / NAME).problems[0], packages=("nowhere",)),
            "the package nowhere is not",
        ),
    ],
    ids=["too old", "a package"],
)
def test_what_the_machine_lacks_is_no_fault_of_the_answer(judge: TaskJudge, task: Task, why: str) -> None:
    attempt = judge.judge_answer(task, "clamp.py\n```\nx\n```\n")
    assert attempt.verdict is Verdict.INFRASTRUCTURE
    assert why in attempt.detail


def test_a_missing_toolchain_is_named_with_the_command_that_brings_it() -> None:
    missing = MissingDependency("go", "make toolchains brings it")
    task = load_catalogue(CATALOGUE / "go_easy_clamp").problems[0]
    with open_sandbox("auto", 1) as sandbox:
        judge = TaskJudge(Tester(sandbox, {"go": missing}))
        attempt = judge.judge_answer(task, "clamp.go\n```\npackage clamp\n```\n")
        finding = Gate(judge, task).finding()
    assert (attempt.verdict, attempt.detail) == (
        Verdict.INFRASTRUCTURE,
        "go is not installed: make toolchains brings it",
    )
    assert not finding.passed
    assert "make toolchains" in finding.in_words()
