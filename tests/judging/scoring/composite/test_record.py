"""The record holds each part's points by problem, their mean and interval, and what could not be measured."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.tasks import load_catalogue
from benchkit.asking.tasks.folders import read_solution
from benchkit.asking.tasks.small_form import read_small_form
from benchkit.contract import RunFile
from benchkit.errors import ProblemsError
from benchkit.judging.scoring.base import Judged
from benchkit.judging.scoring.composite.base import Answered, Measured, MeasuredPart
from benchkit.judging.scoring.composite.record import Measurements
from benchkit.judging.scoring.composite.tasks import TaskComposite, share_of_checks
from benchkit.judging.tasks.judge import Attempt
from benchkit.judging.tasks.proof import Check, Proof
from benchkit.judging.tasks.tested import Tested
from benchkit.verdict import Verdict

CODE = {"a.py": "def f(x):\n    return x\n"}
NONE = MeasuredPart(why="not asked for")
CASES: list[dict[str, Any]] = [
    {"input": [1], "expected_output": 1, "weight": 3},
    {"input": [2], "expected_output": 4, "weight": 1},
]


def judged(
    task: str, verdict: Verdict = Verdict.PASSED, seconds: float | None = None, sample: int = 0
) -> Judged:
    return Judged(task, sample, verdict, further={"request_s": seconds} if seconds else {})


def test_parts_of_a_run(tmp_path: Path) -> None:
    composite = Measurements(["python"])
    for task, seconds in (("b", 2.0), ("a", 1.0)):
        composite.add(judged(task, seconds=seconds), Answered(task, 0, "python", CODE, CODE, "f"))
    composite.add(judged("a", seconds=3.0, sample=1), Answered("a", 1, "python", CODE, {}, "f"))
    composite.add(judged("c", Verdict.WRONG, seconds=4.0), Answered("c", 0, "python", CODE, CODE, "f"))
    composite.add(judged("d", Verdict.INFRASTRUCTURE), None)
    record = composite.measure(tmp_path, NONE)
    quality = record["quality"]
    assert (quality["mean"], quality["interval"], quality["points"]) == (75, [75, 75], {"a": 75, "b": 75})
    assert quality["unmeasured"] == {"the problem has no reference solution with code in it": 1}
    assert record["efficiency"] == {"why": "not asked for"}
    assert record["speed"] == {"seconds": {"a": 2.0, "b": 2.0, "c": 4.0}}
    assert "correctness" not in record
    lines = [json.loads(line) for line in (tmp_path / RunFile.MEASURES).read_text().splitlines()]
    found = [(line["task_id"], line["sample"], line["quality"]["points"]) for line in lines]
    assert found == [("b", 0, 75.0), ("a", 0, 75.0), ("a", 1, None)]


def test_an_empty_run_has_no_points_and_no_file(tmp_path: Path) -> None:
    """Nothing empty wins: what did not pass has no quality at all."""
    composite = Measurements(["python"])
    composite.add(judged("a", Verdict.EMPTY), None)
    record = composite.measure(tmp_path, NONE)
    assert (record["quality"]["mean"], record["quality"]["points"]) == (None, {})
    assert list(tmp_path.iterdir()) == []


def test_a_single_problem_has_no_interval_and_no_interval_passes_100(tmp_path: Path) -> None:
    composite = Measurements(["python"])
    composite.add(judged("a"), Answered("a", 0, "python", CODE, CODE, "f"))
    measured = tuple(Measured(task, 0, points) for task, points in (("a", 100.0), ("b", 100.0), ("c", 70.0)))
    record = composite.measure(tmp_path, MeasuredPart(measured, "clock"))
    assert record["quality"]["interval"] is None
    assert record["efficiency"]["interval"][1] == 100
    assert record["efficiency"]["method"] == "clock"


def catalogue_of(folder: Path, cases: object) -> Path:
    row = {"id": "square", "prompt": "x squared", "test_cases": cases, "metadata": {"entry_point": "f"}}
    path = folder / "small.json"
    path.write_text(json.dumps([row]))
    return path


def attempt_with(*checks: Check) -> Attempt:
    return Attempt(Verdict.WRONG, "", Tested(Verdict.WRONG, proof=Proof(checks)))


def test_weights_of_test_cases_are_kept(tmp_path: Path) -> None:
    (task,) = read_small_form(catalogue_of(tmp_path, CASES)).problems
    first = attempt_with(Check("ok", "Cases.test_case_001"), Check("failed", "Cases.test_case_002"))
    second = attempt_with(Check("failed", "Cases.test_case_001"), Check("ok", "Cases.test_case_002"))
    assert share_of_checks(task, first) == pytest.approx(0.75)
    assert share_of_checks(task, second) == pytest.approx(0.25)
    assert share_of_checks(task, Attempt(Verdict.PASSED, "", Tested(Verdict.PASSED))) == 1
    assert share_of_checks(task, attempt_with()) == 0


@pytest.mark.parametrize("weight", [-1, 0, "much", True])
def test_a_weight_that_is_no_number_above_0_is_refused(tmp_path: Path, weight: object) -> None:
    with pytest.raises(ProblemsError, match=r"test case 1, weight: must be a number above 0"):
        read_small_form(catalogue_of(tmp_path, [{**CASES[0], "weight": weight}]))


def test_every_task_that_asks_for_code_can_be_measured() -> None:
    """Its own solution has 75 in each language; a page without a script has no quality."""
    catalogue = load_catalogue(None)
    composite = TaskComposite(catalogue)
    for task in catalogue.problems:
        solved = Attempt(Verdict.PASSED, "", Tested(Verdict.PASSED), read_solution(task))
        composite.add(judged(task.id), solved)
    quality = composite.measure(None, None, dict, print, efficiency=False)["quality"]
    assert set(quality["points"].values()) == {75.0}
    missing = {task.id for task in catalogue.problems} - quality["points"].keys()
    assert missing <= {task.id for task in catalogue.problems if task.language.name == "html"}
    assert len(missing) < 3


def test_heavy_inputs_of_tasks_are_there_and_decide_no_verdict(tmp_path: Path) -> None:
    """A task keeps its hash when it gets one, and one that is missing is told."""
    named = [task for task in load_catalogue(None).problems if task.heavy]
    assert len(named) >= 4
    assert named[0].folder is not None
    folder = tmp_path / named[0].id
    shutil.copytree(named[0].folder, folder)
    shutil.rmtree(folder / "heavy")
    with pytest.raises(ProblemsError, match=r"metadata.json, heavy: there is no heavy/"):
        load_catalogue(tmp_path)
    metadata = json.loads((folder / "metadata.json").read_text())
    del metadata["heavy"]
    (folder / "metadata.json").write_text(json.dumps(metadata))
    assert load_catalogue(tmp_path).problems[0].sha256 == named[0].sha256
