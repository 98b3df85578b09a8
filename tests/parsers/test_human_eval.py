"""What our own scripts leave and print becomes Results."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from benchkit.errors import ParseError
from benchkit.records import Verdict
from parsers import get_parser

PRINTED = """\
Loading 164 problems
Results: humaneval+ v0.1.10 (sha256 1234567890ab)
pass@1: 70.12% (115/164), 95% interval 62.7–76.6
Time: 123.4 s
Failed tasks: HumanEval/1, HumanEval/5
"""
WITH_DIFFICULTIES = """\
Results: livecodebench (sha256 1234567890ab)
pass@1: 50.00% (10/20), 95% interval 29.9–70.1
Time: 5 s
easy: 80.00% (8/10)
medium: 20.00% (2/10)
Failed tasks: none
"""
SUMMARY = {
    "score": 50.0,
    "total_passed": 1,
    "total_problems": 2,
    "time_taken": 3.5,
    "difficulty_scores": {"easy": 50.0},
    "failed_tasks": ["b"],
    "problem_set": {"name": "mine", "version": "1", "sha256": "ab"},
    "counts": {"passed": 1, "wrong": 1},
}
VERDICTS = [
    {"task_id": "a", "sample": 1, "verdict": "truncated"},
    {"task_id": "a", "sample": 0, "verdict": "passed"},
    {"task_id": "b", "sample": 0, "verdict": "wrong"},
]
parser = get_parser("human_eval")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "summary.json").write_text(json.dumps(SUMMARY))
    (tmp_path / "verdicts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in VERDICTS))
    return tmp_path


def test_the_printed_summary_is_read() -> None:
    """Without files the text has score, counts, time, problem set and failed tasks."""
    results = parser.parse(PRINTED)
    assert (results.score, results.total_passed, results.total_problems) == (70.12, 115, 164)
    assert (results.time_taken, results.failed_tasks) == (123.4, ("HumanEval/1", "HumanEval/5"))
    assert results.problem_set == {"name": "humaneval+", "version": "0.1.10", "sha256": "1234567890ab"}
    assert results.metrics == {"interval": [62.7, 76.6]}


def test_difficulties_are_read_from_the_text() -> None:
    """LiveCodeBench's script prints the same form with a line a difficulty."""
    results = get_parser("lcb").parse(WITH_DIFFICULTIES)
    assert results.difficulty_scores == {"easy": 80.0, "medium": 20.0}
    assert results.failed_tasks == ()
    assert results.problem_set == {"name": "livecodebench", "version": None, "sha256": "1234567890ab"}


def test_the_files_come_before_the_text(folder: Path) -> None:
    """They hold the verdict of every sample, in order, and further metrics."""
    results = parser.parse(PRINTED, folder)
    assert (results.score, results.time_taken, results.failed_tasks) == (50.0, 3.5, ("b",))
    assert results.verdicts == {"a": (Verdict.PASSED, Verdict.TRUNCATED), "b": (Verdict.WRONG,)}
    assert results.metrics == {"counts": {"passed": 1, "wrong": 1}}
    assert results.problem_set == SUMMARY["problem_set"]


def test_files_of_a_former_run_are_not_taken(folder: Path) -> None:
    """Older than the run's beginning: the text counts, and where it holds nothing there is no result."""
    for path in folder.iterdir():
        os.utime(path, (1_000_000, 1_000_000))
    assert parser.parse(PRINTED, folder, since=2_000_000).score == 70.12
    with pytest.raises(ParseError):
        parser.parse("", folder, since=2_000_000)
    assert parser.parse("", folder, since=1_000_000).score == 50.0


def test_the_last_summary_counts() -> None:
    """A model's answer that was printed before, or a first run's summary, does not."""
    assert get_parser("human_eval").parse(PRINTED + WITH_DIFFICULTIES).score == 50.0


def test_colours_carriage_returns_and_noise_around_are_survived() -> None:
    """A terminal's output with a progress bar over the summary, and warnings after it."""
    noise = "\x1b[2K\r 45%|####      | 74/164 [01:23<01:41]\r\x1b[32m"
    text = noise + PRINTED.replace("pass@1", "\x1b[1mpass@1\x1b[0m").replace("\n", "\r\n") + "warning: bye\n"
    assert parser.parse(text).total_passed == 115
    assert parser.parse("\ufffd\x00" + text).failed_tasks == ("HumanEval/1", "HumanEval/5")


@pytest.mark.parametrize("end", range(len(PRINTED)))
def test_a_text_cut_at_any_place_is_no_result(end: int) -> None:
    """The list of failed tasks comes last, and must be whole."""
    with pytest.raises(ParseError):
        parser.parse(PRINTED[:end])


@pytest.mark.parametrize("end", range(0, len(json.dumps(SUMMARY)), 5))
def test_a_summary_file_cut_short_is_no_result(folder: Path, end: int) -> None:
    """The text decides then."""
    (folder / "summary.json").write_text(json.dumps(SUMMARY)[:end])
    with pytest.raises(ParseError):
        parser.parse("", folder)
    assert parser.parse(PRINTED, folder).score == 70.12


@pytest.mark.parametrize(
    "change",
    [
        {"score": None},
        {"score": float("nan")},
        {"score": 100.1},
        {"score": -1},
        {"score": "many"},
        {"score": True},
        {"total_passed": 3},
        {"total_problems": 0},
        {"difficulty_scores": {"easy": 180}},
        {"difficulty_scores": 7},
    ],
)
def test_a_summary_that_cannot_be_true_is_no_result(folder: Path, change: dict[str, Any]) -> None:
    """Neither is it passed over for the text: something is wrong that a person should see."""
    (folder / "summary.json").write_text(json.dumps(SUMMARY | change))
    with pytest.raises(ParseError, match=r"summary\.json"):
        parser.parse(PRINTED, folder)


@pytest.mark.parametrize(
    "wrong", ["nan% (1/2)", "170% (1/2)", "50.00% (2/1)", "50.00% (0/0)", "50.00% (2/2)"]
)
def test_a_printed_score_that_cannot_be_true_is_no_result(wrong: str) -> None:
    """A score and its counts must agree."""
    with pytest.raises(ParseError, match=r", but (it says|the score is)"):
        parser.parse(f"Results: x\npass@1: {wrong}\nFailed tasks: none\n")


def test_the_error_shows_the_last_lines() -> None:
    """One line says what was looked for, the end of the output is below it."""
    with pytest.raises(ParseError, match="looked for") as caught:
        parser.parse(
            "".join(f"line {number}\n" for number in range(100)) + "\x1b[31mTraceback: oops\x1b[0m\n"
        )
    assert caught.value.log.endswith("line 99\nTraceback: oops")
    assert len(caught.value.log.splitlines()) == 15
    with pytest.raises(ParseError, match="printed nothing"):
        parser.parse("")
