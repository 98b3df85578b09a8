"""Tasks that bring commands of their own, and what a machine does while an answer is judged."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.asking.tasks.folders import read_solution
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import Limits, Outcome, Program, Sandbox, open_sandbox
from benchkit.judging.tasks.harnesses.python import PythonHarness
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.languages import Toolchain
from benchkit.verdict import Verdict
from tests.support import ROOT

TASK = "python_easy_clamp"
# Reads the token before the answer runs; the answer is a process of its own and never sees it.
RUNNER = """read token report
{ echo "$token"; echo started
for value in 1 2 3 4 5 6 7 8; do
  said=$(echo "$value" | ./greet)
  if [ "$said" = "hello $value" ]; then printf 'ok\\t%s\\t\\n' "$value"
  else printf 'failed\\t%s\\tsaid %s\\n' "$value" "$said"; fi
done
printf 'ended\\t8'; } >"$report"
"""


def task_in(folder: Path, **facts: Any) -> Task:
    """A shell script that is copied by a build, and tested by a runner of the task's own."""
    place = folder / TASK
    shutil.copytree(ROOT / "demo" / "tasks" / TASK, place)
    path = place / "metadata.json"
    own = {"editable": ["greet.sh"], "build": [["cp", "greet.sh", "greet"]], "products": ["greet"]}
    path.write_text(json.dumps({**json.loads(path.read_text()), **own, "test": ["sh", "run.sh"], **facts}))
    (place / "workspace" / "greet.sh").write_text("#!/bin/sh\n")
    (place / "tests" / "run.sh").write_text(RUNNER)
    return load_catalogue(folder).problems[0]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox("auto", 1) as opened:
        yield opened


@pytest.fixture
def judge(sandbox: Sandbox) -> TaskJudge:
    return TaskJudge(Tester(sandbox, find_toolchains(["python"]).by_language))


def answer(script: str) -> str:
    return f"greet.sh\n```\n#!/bin/sh\n{script}\n```\n"


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ('read word; echo "hello $word"', Verdict.PASSED),
        ('read word; echo "hallo $word"', Verdict.WRONG),
        ("kill -9 -1", Verdict.ERROR),
        ('printf "t\\nstarted\\nended\\t0" >report-1; exit 0', Verdict.WRONG),
    ],
    ids=["right", "wrong", "kills the runner", "forges"],
)
def test_a_task_may_bring_its_commands(
    judge: TaskJudge, tmp_path: Path, script: str, verdict: Verdict
) -> None:
    """Its build makes the product, its runner reports as ours do; nothing else is a pass."""
    attempt = judge.judge_answer(task_in(tmp_path), answer(script))
    assert attempt.verdict is verdict, attempt.detail
    assert attempt.tested.built or verdict is not Verdict.PASSED


def test_a_build_that_fails_is_the_answers_error(judge: TaskJudge, tmp_path: Path) -> None:
    task = task_in(tmp_path, build=[["sh", "-n", "greet.sh"], ["cp", "greet.sh", "greet"]])
    attempt = judge.judge_answer(task, answer("if"))
    assert (attempt.verdict, attempt.tested.built) == (Verdict.ERROR, False)
    assert attempt.detail.startswith("does not build: greet.sh: ")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (
            {"test": ["no-such-program", "x"]},
            "the test command no-such-program is not found in /usr/local/bin",
        ),
        ({"test": ["./nowhere"]}, "the test command ./nowhere is neither a file of the task nor a product"),
        ({"build": [["no-such-make"]]}, "the build command no-such-make is not found"),
    ],
)
def test_a_command_that_is_not_there_is_no_fault_of_the_answer(
    judge: TaskJudge, tmp_path: Path, facts: dict[str, Any], told: str
) -> None:
    attempt = judge.judge_answer(task_in(tmp_path, **facts), answer("true"))
    assert attempt.verdict is Verdict.INFRASTRUCTURE
    assert attempt.detail.startswith(told)


def clamp(solved: bool) -> tuple[Task, str]:
    task = load_catalogue(ROOT / "demo" / "tasks" / TASK).problems[0]
    text = read_solution(task)["clamp.py"].decode()
    return task, f"clamp.py\n```\n{text if solved else text.replace('min', 'max')}\n```\n"


def test_a_toolchain_that_is_replaced_meanwhile_is_no_fault_of_the_answer(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """What failed after that says nothing; what passed has passed."""
    program = tmp_path / "compiler"
    program.write_text("one")
    found = Toolchain("1.0", {"compiler": program})
    judge = TaskJudge(Tester(sandbox, {"python": found}))
    assert judge.judge_answer(*clamp(False)).verdict is Verdict.WRONG
    program.unlink()
    program.write_text("another")
    attempt = judge.judge_answer(*clamp(False))
    assert attempt.verdict is Verdict.INFRASTRUCTURE
    assert attempt.detail == "python's toolchain was replaced or removed while it was in use: start again"
    assert judge.judge_answer(*clamp(True)).verdict is Verdict.PASSED


def test_what_a_harness_has_made_ready_is_part_of_the_toolchain(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its folder is removed meanwhile, no answer is to blame."""
    ready = tmp_path / "ready"
    ready.mkdir()
    monkeypatch.setattr(PythonHarness, "prepare", lambda *_: [ready])
    judge = TaskJudge(Tester(sandbox, find_toolchains(["python"]).by_language))
    assert judge.judge_answer(*clamp(False)).verdict is Verdict.WRONG
    ready.rmdir()
    assert judge.judge_answer(*clamp(False)).verdict is Verdict.INFRASTRUCTURE
    assert judge.judge_answer(*clamp(True)).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "/jars/junit.jar"),
            "/jars/junit.jar: No such file",
        ),
        (
            subprocess.CalledProcessError(1, "g++", stderr=b"In file included\ncatch.hpp:1: error: no\nbye"),
            "catch.hpp:1: error: no",
        ),
        (subprocess.CalledProcessError(1, "g++"), "returned non-zero exit status 1"),
    ],
)
def test_what_all_tests_of_a_kind_need_and_cannot_be_made_is_no_fault_of_the_answer(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, failure: Exception, why: str
) -> None:
    """Nor does it end the run."""

    def plan(*_: object) -> None:
        raise failure

    judge = TaskJudge(Tester(sandbox, find_toolchains(["python"]).by_language))
    monkeypatch.setattr(PythonHarness, "plan", plan)
    attempt = judge.judge_answer(*clamp(True))
    assert attempt.verdict is Verdict.INFRASTRUCTURE
    assert attempt.detail.startswith("what its tests need cannot be prepared: ")
    assert why in attempt.detail


class Failing:
    """A sandbox whose worker fails so many times."""

    def __init__(self, sandbox: Sandbox, times: int) -> None:
        self._sandbox, self.left = sandbox, times

    def run(self, program: Program, limits: Limits) -> Outcome:
        if not self.left:
            return self._sandbox.run(program, limits)
        self.left -= 1
        return Outcome(Verdict.INFRASTRUCTURE, "ended from outside", sandbox_failed=True)


@pytest.mark.parametrize(("times", "verdict"), [(2, Verdict.PASSED), (3, Verdict.INFRASTRUCTURE)])
def test_a_worker_that_fails_costs_no_verdict(sandbox: Sandbox, times: int, verdict: Verdict) -> None:
    """The program is run again in another one; three in a row say nothing of the answer."""
    failing: Any = Failing(sandbox, times)
    judge = TaskJudge(Tester(failing, find_toolchains(["python"]).by_language))
    assert judge.judge_answer(*clamp(True)).verdict is verdict


def test_a_compiler_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rust 1.73 is told with its place and with what brings a newer one."""
    place = tmp_path / "bin"
    place.mkdir()
    (place / "rustc").write_text(
        f'#!/bin/sh\n[ "$1" = --print ] && echo {tmp_path} || echo "rustc 1.73.0 (cc66ad468 2023-10-03)"\n'
    )
    (place / "rustc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    missing = find_toolchains(["rust"]).by_language["rust"]
    assert isinstance(missing, MissingDependency)
    assert str(missing).startswith(f"rustc 1.74 or newer is not installed: {place}/rustc is 1.73.0; sudo apt")


def test_tests_are_told_how_much_of_the_reference_they_run(sandbox: Sandbox) -> None:
    """Beside the share of mutants that they kill, and without a say in the verdict."""
    task = load_catalogue(ROOT / "tests" / "tasks_catalogue" / "python_easy_clamp_tests").problems[0]
    whole = read_solution(task)["test_clamp.py"].decode()
    judge = TaskJudge(Tester(sandbox, find_toolchains(["python"]).by_language))
    attempt = judge.judge_answer(task, f"test_clamp.py\n```\n{whole}\n```\n")
    assert attempt.as_record()["coverage"] == 1
    few = "import unittest\n\nclass T(unittest.TestCase):\n    def test(self):\n        import clamp\n"
    attempt = judge.judge_answer(task, f"test_clamp.py\n```\n{few}\n```\n")
    assert attempt.verdict is Verdict.WRONG
    assert attempt.as_record()["coverage"] == 0


def test_tests_that_fail_only_where_they_are_measured_are_no_false_alarm(sandbox: Sandbox) -> None:
    task = load_catalogue(ROOT / "tests" / "tasks_catalogue" / "python_easy_clamp_tests").problems[0]
    whole = read_solution(task)["test_clamp.py"].decode()
    whole += "\n    def test_trace(self):\n        import sys\n        self.assertIsNone(sys.gettrace())\n"
    judge = TaskJudge(Tester(sandbox, find_toolchains(["python"]).by_language))
    attempt = judge.judge_answer(task, f"test_clamp.py\n```\n{whole}\n```\n")
    assert attempt.verdict is Verdict.PASSED, attempt.detail
    assert "coverage" not in attempt.as_record()


@pytest.mark.heavy
@pytest.mark.parametrize(
    "name", ["go_tests_version_order", "javascript_testgen_split_amount", "rust_hard_test_glob"]
)
def test_the_share_that_tests_run_is_told_where_it_can_be_had(name: str) -> None:
    """In Go and JavaScript as in Python; a language that has no such thing leaves it out."""
    task = load_catalogue(ROOT / "tasks" / name).problems[0]
    language = task.language.name
    toolchains = find_toolchains([language])
    if isinstance(missing := toolchains.by_language[language], MissingDependency):
        pytest.skip(str(missing))
    with open_sandbox("auto", 1, toolchains.folders) as opened:
        judge = TaskJudge(Tester(opened, toolchains.by_language))
        tested = judge.judge_files(task, {**task.workspace, **read_solution(task)})
    assert tested.verdict is Verdict.PASSED
    assert tested.coverage == (None if language == "rust" else 1.0)
