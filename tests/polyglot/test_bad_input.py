"""Another commit, a missing toolchain, tests that hang or print without end, a run of aider's own."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.feedback import LONGEST_LINE, feedback_of
from benchkit.judging.tasks.harnesses.rust import crate_of, dependencies_of, edition_of
from benchkit.judging.tasks.judge import Attempt, TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.verdict import Verdict
from tests.loaded_interpreter import run_script
from tests.polyglot.exercises import EXAMPLES, answer, write_exercise
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import ROOT, Bench

PYTHON = "python/halve"
AIDER = ROOT / "tests" / "parsers" / "left_behind" / "aider" / "2026-11-20-10-00-00--demo"


def judged(folder: Path, code: str) -> Attempt:
    """An answer to the Python exercise, with two seconds for its tests."""
    write_exercise(folder, PYTHON)
    (task,) = load_catalogue(folder).problems
    assert isinstance(task, Task)
    task = replace(task, limits=replace(task.limits, test_s=2.0))
    toolchains = find_toolchains(["python"])
    with open_sandbox(workers=1, toolchains=toolchains.folders) as sandbox:
        return TaskJudge(Tester(sandbox, toolchains.by_language)).judge_answer(
            task, answer({"halve.py": code})
        )


def test_tests_that_hang_end_in_their_time(tmp_path: Path) -> None:
    """Whatever they wait for."""
    assert judged(tmp_path, "def halve(n):\n    while True:\n        pass\n").verdict is Verdict.TIMEOUT


def test_ten_megabytes_of_output_are_told_in_a_thousand_lines(tmp_path: Path) -> None:
    """Whatever a line's length."""
    code = "def halve(n):\n    for _ in range(10000):\n        print('x' * 1000)\n    return 0\n"
    attempt = judged(tmp_path, code)
    assert attempt.verdict in (Verdict.WRONG, Verdict.OUTPUT_LIMIT)
    lines = feedback_of(attempt.tested, 1000).splitlines()
    assert len(lines) <= 1001
    assert max(map(len, lines)) <= LONGEST_LINE


def test_a_missing_toolchain_and_another_commit_are_told(tmp_path: Path) -> None:
    """Its exercises are no part of the score; the record says what the checkout is."""
    for name in (PYTHON, "java/halve"):
        write_exercise(tmp_path / "checkout", name)
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    with chat_server(lambda turn: turn.answer(answer(EXAMPLES[PYTHON]))) as server:
        contract = ("--base-url", server.base_url, "--model", "m", "--output-dir", out)
        words = ("--problems-file", tmp_path / "checkout")
        nothing = {"PATH": str(tmp_path / "empty"), "JAVA_HOME": ""}
        done = run_script("run_tasks.py", *contract, *words, env=nothing)
    assert done.returncode == 0, done.stderr
    assert "not tried here, and no part of the score: java" in done.stderr
    assert "As aider counts: 1 of 225 exercises" in done.stdout
    assert "beside a score of commit 7e0611e: this checkout is another one" in done.stdout
    summary = json.loads((out / "summary.json").read_text())
    assert summary["further"]["aider"]["exercises"] == "1/225"
    assert summary["further"]["aider"]["commit"] is None
    assert summary["further"]["judging"]["toolchains"]["java"] is None


@pytest.mark.parametrize(
    "text", [b"a = " + b"[" * 100_000, b"a = " + b"1" * 5_000, b"\xff", b"dependencies = 1\n", b"["]
)
def test_a_manifest_that_nobody_can_read_ends_no_run(text: bytes) -> None:
    """An answer may write Cargo.toml; its package's name and edition are still found."""
    files = {"src/lib.rs": b"", "Cargo.toml": b"[package]\nname = 'tri-ple'\nedition = '2018'\n" + text}
    assert dependencies_of(files) == {}
    assert (crate_of(files), edition_of(files)) == ("tri_ple", "2018")


@pytest.mark.heavy
def test_a_run_of_aiders_own_stands_beside_one_of_ours(bench: Bench, tmp_path: Path) -> None:
    """Under one name in the history; what differs or is unknown of aider's is said."""
    for exercise in ("grep", "bowling"):
        folder = write_exercise(tmp_path / "checkout", PYTHON)
        shutil.move(folder, folder.with_name(exercise))

    def reply(turn: Turn) -> None:
        if not turn.body.get("stream"):
            said = {"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
            return turn.status(200, {"choices": [said], "usage": {"completion_tokens": 1}})
        return turn.answer(answer(EXAMPLES[PYTHON]))

    with chat_server(reply) as server:
        ours = ("--base-url", server.base_url, "--name", "stand-in", "--benchmark", "polyglot")
        done = bench(*ours, "--problems-file", tmp_path / "checkout")
    assert done.returncode == 0, done.stderr
    done = bench("import", AIDER, "--parser", "aider", "--benchmark", "polyglot", "--model", "theirs")
    assert done.returncode == 0, done.stderr
    refused = bench("compare", "--benchmark", "polyglot")
    assert "these runs cannot be compared, they differ in problems polyglot" in refused.stderr
    beside = bench("compare", "--benchmark", "polyglot", "--anyway").stdout
    assert "stand-in    100.0" in beside
    assert "theirs       60.0" in beside
    assert "not under the same conditions" in beside
