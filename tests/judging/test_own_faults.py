"""A bug of ours in judging costs one answer its verdict, and nothing else."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

import run_eval
import run_tasks
from benchkit.errors import SandboxError
from benchkit.judging.own_faults import detail_of_bug
from benchkit.judging.scoring import answering, saved
from benchkit.judging.tasks.judge import TaskJudge
from tests.running.batch.races import write_problems
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import ROOT

TASKS = ("python_easy_clamp", "python_easy_clock")


@pytest.fixture(autouse=True)
def _reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "verdicts.jsonl").read_text().splitlines()]


def right(turn: Turn) -> None:
    number = turn.question.partition("add_")[2].partition("(")[0]
    turn.answer(f"```python\ndef add_{number}(x):\n    return x + {number}\n```")


def test_the_other_answers_to_problems_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that met the bug is no part of the score, and says where the report lies."""
    extract = getattr(answering, "extract")  # noqa: B009 - it is imported there

    def stumbling(response: str, **further: Any) -> Any:
        if "add_1(" in response:
            raise KeyError(1)
        return extract(response, **further)

    monkeypatch.setattr(answering, "extract", stumbling)
    problems = write_problems(tmp_path / "problems.jsonl", 3)
    words = ["--problems-file", str(problems), "--output-dir", str(tmp_path / "out"), "--model", "m"]
    with chat_server(right) as server:
        run_eval.command.main([*words, "--base-url", server.base_url], "run_eval.py", standalone_mode=False)
    verdicts = {row["task_id"]: row for row in rows(tmp_path / "out")}
    assert [verdicts[f"Add/{number}"]["verdict"] for number in range(3)] == [
        "passed", "infrastructure", "passed",
    ]  # fmt: skip
    assert_reported(verdicts["Add/1"]["detail"])
    assert f"an answer could not be judged: {verdicts['Add/1']['detail']}" in capsys.readouterr().err


def test_the_other_tasks_are_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of problems."""
    judge_answer = TaskJudge.judge_answer

    def stumbling(self: TaskJudge, task: Any, *given: Any, **further: Any) -> Any:
        if task.id == TASKS[0]:
            raise KeyError(1)
        return judge_answer(self, task, *given, **further)

    monkeypatch.setattr(TaskJudge, "judge_answer", stumbling)
    words = [
        "--catalogue",
        str(ROOT / "demo" / "tasks"),
        "--output-dir",
        str(tmp_path / "out"),
        "--model",
        "m",
    ]
    with chat_server(lambda turn: turn.answer("no code")) as server:
        words += ["--base-url", server.base_url, "--tasks", *TASKS]
        run_tasks.command.main(words, "run_tasks.py", standalone_mode=False)
    verdicts = {row["task_id"]: row for row in rows(tmp_path / "out")}
    assert (verdicts[TASKS[0]]["verdict"], verdicts[TASKS[1]]["verdict"]) == ("infrastructure", "empty")
    assert_reported(verdicts[TASKS[0]]["detail"])


def assert_reported(detail: str) -> None:
    assert detail.startswith("KeyError — a bug of ours; please report ")
    assert "raise KeyError(1)" in Path(detail.rpartition(" ")[2]).read_text()


def test_one_report_is_enough_for_a_bug_that_meets_all_answers(tmp_path: Path) -> None:
    """What is raised elsewhere has a report of its own; what is no bug is raised on."""
    details = {detail_of({}) for _ in range(3)}
    assert len(details) == 1
    assert len(details | {detail_of(None)}) == len(list(tmp_path.glob("bench_runner-*.log"))) == 2
    for error in (SandboxError("the sandbox is gone"), OSError(28, "disk full"), MemoryError()):
        with pytest.raises(type(error)):
            detail_of_bug(error)


def test_a_report_holds_whatever_the_error_says() -> None:
    """Half a character of an answer, which no file takes, ended the run in place of the report."""
    detail = detail_of(Halved())
    assert r"HalvedError: \ud83d" in Path(detail.rpartition(" ")[2]).read_text()


class Halved:
    def __getitem__(self, _name: str) -> None:
        raise HalvedError


class HalvedError(KeyError):
    def __str__(self) -> str:
        return "\ud83d"


def test_the_other_samples_of_a_file_are_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of answers that are asked for."""
    judge_code = getattr(saved, "judge_code")  # noqa: B009 - it is imported there

    def stumbling(judge: Any, problem: Any, *given: Any, **further: Any) -> Any:
        if problem.id == "Add/1":
            raise KeyError(1)
        return judge_code(judge, problem, *given, **further)

    monkeypatch.setattr(saved, "judge_code", stumbling)
    problems = write_problems(tmp_path / "problems.jsonl", 3)
    samples = tmp_path / "samples.jsonl"
    lines = [{"task_id": f"Add/{n}", "completion": f"    return x + {n}\n"} for n in range(3)]
    samples.write_text("".join(json.dumps(line) + "\n" for line in lines))
    words = ["--problems-file", str(problems), "--output-dir", str(tmp_path / "out")]
    run_eval.command.main([*words, "--samples", str(samples)], "run_eval.py", standalone_mode=False)
    verdicts = {row["task_id"]: row for row in rows(tmp_path / "out")}
    assert [verdicts[f"Add/{number}"]["verdict"] for number in range(3)] == [
        "passed", "infrastructure", "passed",
    ]  # fmt: skip
    assert_reported(verdicts["Add/1"]["detail"])


def detail_of(value: Any) -> str:
    try:
        value["missing"]
    except (KeyError, TypeError) as error:
        return detail_of_bug(error)
    raise AssertionError
