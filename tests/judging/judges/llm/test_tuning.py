"""A judge's prompt is made better on some labels, and kept only where it gains on others."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

import pytest

from benchkit.errors import ProblemsError
from benchkit.judging.judges.llm.engine import import_dspy
from benchkit.judging.judges.llm.program import JudgeProgram, read_state
from benchkit.judging.judges.llm.rubrics import read_rubrics
from benchkit.judging.judges.llm.subjects import Subject
from benchkit.judging.judges.llm.tuning import AccuracyGain, Label, mixed, split
from tests.judging.judges.llm.judged_runs import asking, judge, needs_dspy, rationales, told, write_run
from tests.judging.judges.llm.test_check import known_answers
from tests.stand_ins import judge as judges
from tests.stand_ins.chat_server import chat_server

TASKS = 12


@needs_dspy
@pytest.mark.heavy
def test_a_judge_that_learns_gains_on_labels_that_it_did_not_see(tmp_path: Path) -> None:
    """Its program is kept, says what it gained, and is used with --program."""
    is_right = known_answers(TASKS)
    with chat_server(judges.learns(is_right)) as server:
        judge("--tune", "--limit", str(TASKS), *asking(server.base_url, tmp_path / "tuned"))
        found = told(tmp_path / "tuned")
        assert {name for name, gain in found["gains"].items() if gain["kept"]} == {
            "backend",
            "frontend",
            "tests",
        }
        for gain in found["gains"].values():
            assert (gain["before"], gain["after"]) == (50.0, 100.0)
            assert gain["interval"][0] > 0
        program = tmp_path / "tuned" / "program.json"
        assert found["program"] == str(program)
        run = write_run(tmp_path / "run", {"T/0": "return a + b"})
        judge("--run", run, "--program", program, *asking(server.base_url, tmp_path / "with"))
        examples = [message for message in server.bodies[-1]["messages"] if message["role"] == "assistant"]
        assert len(examples) == 2
        judge("--run", run, *asking(server.base_url, tmp_path / "without"))
        assert len(server.bodies[-1]["messages"]) == 2
    assert rationales(tmp_path / "with")
    assert told(tmp_path / "with")["programs"] != told(tmp_path / "without")["programs"]


@needs_dspy
@pytest.mark.heavy
def test_a_judge_that_learns_nothing_keeps_its_prompt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No gain on unseen labels is told, and nothing is written that could be used."""
    with chat_server(judges.constant("yes")) as server:
        judge("--tune", "--limit", str(TASKS), *asking(server.base_url, tmp_path))
    assert "No gain on unseen labels: the prompt stays as it is" in capsys.readouterr().out
    assert told(tmp_path)["program"] is None
    assert not (tmp_path / "program.json").exists()


def test_no_task_is_on_both_sides_of_the_split() -> None:
    """Half of the tasks to learn from, right and wrong in turn; the gain is seen on the other half."""
    labels = [
        (f"task {number}", Label(Subject(f"{number}/{side}", 0, "backend", "", {}), side == "right"))
        for number in range(6)
        for side in ("right", "wrong")
    ]
    learnt, unseen = split(labels)
    tasks = [{label.subject.task_id.partition("/")[0] for label in side} for side in (learnt, unseen)]
    assert tasks[0] & tasks[1] == set()
    assert [len(side) for side in (learnt, unseen)] == [6, 6]
    assert [label.right for label in mixed(learnt)] == [True, False] * 3


def test_a_gain_is_told_with_its_interval() -> None:
    """Eight of ten labels turned right: the interval leaves zero out; two of ten do not."""
    assert AccuracyGain((0.0,) * 10, (1.0,) * 8 + (0.0,) * 2).as_record()["interval"][0] > 0
    small = AccuracyGain((0.0,) * 10, (1.0,) * 2 + (0.0,) * 8).as_record()
    assert small["gain"] == 20.0
    assert small["interval"][0] < 0


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"programs": 1}',
        '{"programs": {"mobile": {}}}',
        '{"programs": ' + "[" * 100_000,
        None,
    ],
    ids=lambda content: str(content)[:40],
)
def test_what_is_no_program_is_refused(content: str | None, tmp_path: Path) -> None:
    """In one line that names the file."""
    path = tmp_path / "program.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ProblemsError, match="--program") as refused:
        read_state(path)
    assert str(path) in str(refused.value)
    assert json.dumps(str(refused.value)).count("\\n") == 0


@needs_dspy
@pytest.mark.parametrize("state", ["x", {}, {"demos": 7}, {"signature": {"fields": [7]}, "demos": []}])
def test_a_program_that_somebody_changed_is_refused(state: object) -> None:
    """DSPy's complaint stands in the line, and no traceback."""
    rubric = read_rubrics()["backend"]
    with pytest.raises(ProblemsError, match="what it has for backend is no prompt of a judge") as refused:
        JudgeProgram(rubric, cast(Any, state))
    assert "\n" not in str(refused.value)


@needs_dspy
@pytest.mark.heavy
def test_importing_dspy_leaves_the_environment_as_it_was() -> None:
    """Programs that are started later have progress bars of their own to show."""
    before = dict(os.environ)
    import_dspy()
    assert dict(os.environ) == before
