"""Samples files and earlier runs are judged like fresh answers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.errors import ProblemsError, SandboxError
from benchkit.judging.scoring import Judgement, judge_saved, read_run, read_samples
from benchkit.records import Verdict

PROBLEMS = tuple(TestedProblem(f"Mbpp/{n}", f"def f{n}(x):\n", f"f{n}") for n in range(3))
SET = ProblemSet("little", None, "0" * 64, PROBLEMS)


class Reader:
    """A judge that passes code with "right" in it, and keeps what it saw."""

    def __init__(self) -> None:
        self.seen: dict[str, list[str]] = {}

    def judge(self, problem: Problem, source: str) -> Judgement:
        self.seen.setdefault(problem.id, []).append(source)
        return Judgement(Verdict.PASSED if "right" in source else Verdict.WRONG)

    def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement:
        return Judgement(verdict, detail)

    def conditions(self) -> dict[str, Any]:
        return {}


def write(path: Path, rows: Iterable[Any]) -> Path:
    text = "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz"])
def test_both_forms_of_samples(tmp_path: Path, name: str) -> None:
    """A completion continues its prompt, a solution stands alone, and samples are numbered by problem."""
    rows = [
        {"task_id": "Mbpp/0", "completion": "    return 'right'\n"},
        {"task_id": "Mbpp/1", "solution": "f1 = 'wrong'\n"},
        {"task_id": "Mbpp/0", "solution": "f0 = 'right'\n"},
        {"task_id": 2, "solution": " \n"},
    ]
    judge = Reader()
    samples = read_samples(write(tmp_path / name, rows), SET)
    judged = {(row.task_id, row.sample): row for row in judge_saved(judge, SET, samples, 2)}
    assert {key: str(row.verdict) for key, row in judged.items()} == {
        ("Mbpp/0", 0): "passed",
        ("Mbpp/0", 1): "passed",
        ("Mbpp/1", 0): "wrong",
        ("Mbpp/2", 0): "empty",
    }
    assert sorted(judge.seen["Mbpp/0"]) == ["def f0(x):\n    return 'right'\n", "f0 = 'right'\n"]
    assert judged["Mbpp/0", 0].rung == "given"
    assert (samples.count, samples.missing, samples.unknown) == (4, (), ())


def test_missing_and_unknown_tasks_are_told(tmp_path: Path) -> None:
    """Problems without a sample and samples without a problem are named, and the rest is judged."""
    rows = [{"task_id": f"Mbpp/{n}", "solution": "right"} for n in (1, 7, 7)]
    samples = read_samples(write(tmp_path / "s.jsonl", rows), SET)
    assert (samples.count, samples.missing, samples.unknown) == (1, ("Mbpp/0", "Mbpp/2"), ("Mbpp/7",))
    assert [row.task_id for row in judge_saved(Reader(), SET, samples, 2)] == ["Mbpp/1"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "is empty"),
        (["{oops\n"], "line 1: not JSON"),
        ([{"task_id": "Mbpp/0"}], "line 1: a sample needs the field 'completion' or 'solution'"),
        ([{"solution": "x"}], "line 1: the field 'task_id' is missing"),
        (
            [{"task_id": "Mbpp/0", "solution": ["x"]}],
            "line 1: the field 'solution' must be text, this is a list",
        ),
        ([{"task_id": "Q/1", "solution": "x"}], "no sample in .* is for little: it has Q/1, the set Mbpp/0"),
    ],
)
def test_bad_samples_files(tmp_path: Path, rows: list[Any], expected: str) -> None:
    """What is wrong with a samples file is told before anything is judged."""
    with pytest.raises(ProblemsError, match=expected):
        read_samples(write(tmp_path / "s.jsonl", rows), SET)


def test_earlier_run_is_judged_again(tmp_path: Path) -> None:
    """From a run's stored responses, its half last line passed over, with all that it knew of them."""
    rows = [
        {"task_id": "Mbpp/0", "sample": 4, "response": "```python\ndef f0(x):\n    return 'right'\n```"},
        {"task_id": "Mbpp/1", "sample": 0, "response": "    return 'right'\n", "mode": "completion"},
        {
            "task_id": "Mbpp/2",
            "sample": 0,
            "response": "def f2(",
            "finish_reason": "length",
            "completion_tokens": 9,
        },
        {
            "task_id": "Mbpp/2",
            "sample": 1,
            "response": "    return 'right'\n```",
            "prompt": [{"role": "assistant", "content": "```python\ndef f2(x):\n"}],
        },
        '{"task_id": "Mbpp/2", "resp',
    ]
    write(tmp_path / "answers.jsonl", rows)
    judged = judge_saved(Reader(), SET, read_run(tmp_path, SET), 1)
    assert sorted((row.task_id, row.sample, str(row.verdict), row.rung, row.tokens) for row in judged) == [
        ("Mbpp/0", 4, "passed", "labelled fence", None),
        ("Mbpp/1", 0, "passed", "continuation", None),
        ("Mbpp/2", 0, "truncated", "bare code", 9),
        ("Mbpp/2", 1, "passed", "labelled fence", None),
    ]


def test_folder_without_answers(tmp_path: Path) -> None:
    """A folder that is no run's says which file was looked for."""
    with pytest.raises(ProblemsError, match=r"holds no answers\.jsonl: name the output folder"):
        read_run(tmp_path, SET)


def test_a_judges_failure_ends_the_judging(tmp_path: Path) -> None:
    """A sandbox that is lost is not swallowed by the threads that use it."""

    class Broken(Reader):
        def judge(self, problem: Problem, source: str) -> Judgement:
            raise SandboxError(problem.id + source)

    rows = [{"task_id": "Mbpp/0", "solution": "right"}] * 50
    with pytest.raises(SandboxError, match="Mbpp/0right"):
        list(judge_saved(Broken(), SET, read_samples(write(tmp_path / "s.jsonl", rows), SET), 2))
