"""show RUN --attempt TASK: what one answer to a task came to, for people."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from benchkit.commands.show import attempt_lines, command

NAME = "go_easy_clamp__m__sample00"
FILES = {
    "prompt.txt": "=== user\nWrite it.",
    "response.txt": "Here it is.",
    "patch.diff": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n",
    "verdict.json": '{"verdict": "passed"}',
    "stdout.log": "",
    "stderr.log": "FAIL: nothing",
}


def show(tmp_path: Path, *arguments: str) -> Result:
    folder = tmp_path / "runs" / "r1" / "attempts" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return CliRunner().invoke(command, ["r1", "--runs-dir", str(tmp_path / "runs"), *arguments])


def test_prompt_answer_patch_verdict_and_output_are_shown(tmp_path: Path) -> None:
    """In this order, the patch in colours, without the files that hold nothing."""
    shown = show(tmp_path, "--attempt", "go_easy_clamp").output
    places = [shown.index(text) for text in ("Write it.", "Here it is.", "old", "passed", "FAIL: nothing")]
    assert places == sorted(places)
    in_colours = list(attempt_lines(tmp_path / "runs" / "r1", "go_easy_clamp"))
    assert "\x1b[32m+new\x1b[0m" in in_colours
    assert "stdout.log" not in shown


def test_an_unknown_task_lists_those_of_the_run(tmp_path: Path) -> None:
    result = show(tmp_path, "--attempt", "go_easy_clmp")
    assert "did you mean go_easy_clamp?" in str(result.exception)


def test_a_run_without_attempts_says_so(tmp_path: Path) -> None:
    (tmp_path / "runs" / "r2").mkdir(parents=True)
    arguments = ["r2", "--runs-dir", str(tmp_path / "runs"), "--attempt", "x"]
    assert "only runs of tasks keep them" in str(CliRunner().invoke(command, arguments).exception)


def test_the_code_of_a_run_that_keeps_no_attempts_is_shown(tmp_path: Path) -> None:
    """With its verdict, sample by sample; another task's name lists those that there are."""
    (folder := tmp_path / "runs" / "r3").mkdir(parents=True)
    (folder / "verdicts.jsonl").write_text(
        '{"task_id": "Demo/0", "sample": 0, "verdict": "wrong", "detail": "AssertionError"}\n'
    )
    answer = {"task_id": "Demo/0", "sample": 0, "response": "```python\ndef f():\n    return '\x1b[31m'\n```"}
    (folder / "answers.jsonl").write_text(json.dumps(answer) + "\n")
    arguments = ["r3", "--runs-dir", str(tmp_path / "runs"), "--attempt"]
    shown = CliRunner().invoke(command, [*arguments, "Demo/0"]).output
    assert "Demo/0 sample 0: wrong: AssertionError\ndef f():\n" in shown
    assert "\x1b[31m" not in shown
    assert "did you mean Demo/0?" in str(CliRunner().invoke(command, [*arguments, "Demo/1"]).exception)
