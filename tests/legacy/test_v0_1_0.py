"""What version 0.1.0 left on a disk is read as that version read it, and its half-done batch goes on."""

from __future__ import annotations

import json
from collections import Counter
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from benchkit.serving.telemetry import machine_facts
from tests.legacy.box import EXPECTED, open_box, options, printed, run
from tests.legacy.cases import CASES, COMMANDS, Case
from tests.legacy.intended import INTENDED, as_meant
from tests.support import runs_in

BEGUN = "20261125-193514-a7b6"  # the run that was killed
JOURNALED, ASKED = 5, 12


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_output_is_that_of_0_1_0(case: Case, tmp_path: Path) -> None:
    """Exit code, stdout and stderr are the frozen ones, but for what intended.py tells."""
    if "batch" in case.command and machine_facts()["gpu"]:
        pytest.skip("the frozen tables are of a machine without a GPU")
    frozen = as_meant(case.name, (EXPECTED / f"{case.name}.txt").read_text())
    now = printed(case, tmp_path)
    if now != frozen:
        pytest.fail(f"in {case.folder}: {case.command}\n{_difference(frozen, now)}", pytrace=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_option_has_gone(command: str, tmp_path: Path) -> None:
    """Each option of 0.1.0, and each choice that it had, is in the command's --help."""
    frozen = as_meant("options", (EXPECTED / "options.txt").read_text()).splitlines()
    had = {line for line in frozen if line.startswith(f"{command} -")}
    assert had
    assert had - set(options(command, tmp_path)) == set()


@pytest.mark.parametrize("folder", ["history", "night", "everything"])
def test_the_records_are_told_as_they_stand(folder: str, tmp_path: Path) -> None:
    """`list --json` has every field of every run, unchanged."""
    box = open_box(folder, tmp_path)
    listed = run(["bench_runner.py", "list", "--json"], box, tmp_path)
    assert json.loads(listed.stdout) == runs_in(box)


def test_an_intended_difference_is_one() -> None:
    """No entry of intended.py is left over: each changes a frozen text."""
    texts = {path.stem: path.read_text() for path in EXPECTED.glob("*.txt")}
    unused = [
        one
        for one in INTENDED
        if not any(one.concerns(name) and one.old in text for name, text in texts.items())
    ]
    assert unused == []


def test_a_finished_batch_is_recognized(tmp_path: Path) -> None:
    """A plan that sets every key starts nothing anew: each run is known by its settings as before."""
    box = open_box("everything", tmp_path)
    before = [one["id"] for one in runs_in(box)]
    done = run(["bench_runner.py", "batch", "plan.yaml"], box, tmp_path)
    assert done.returncode == 1, done.stderr  # all of its runs had failed
    assert [one["id"] for one in runs_in(box)] == before


def test_the_half_done_batch_goes_on(tmp_path: Path) -> None:
    """What was over stays, the begun run asks only what its journal does not hold, each run is there once."""
    box = open_box("night", tmp_path)
    before, answers = runs_in(box), _lines(box)
    assert len(answers) == JOURNALED

    done = run(["bench_runner.py", "batch", "plan.yaml"], box, tmp_path)
    assert done.returncode == 1, done.stderr  # the four that had failed are left alone

    runs = runs_in(box)
    assert runs[: len(before)] == before
    assert Counter(map(_what, runs)) == Counter(_planned())
    resumed = next(one for one in runs if one["id"] == BEGUN)
    assert (resumed["status"], resumed["results"]["total_problems"]) == ("ok", ASKED)
    assert _lines(box)[:JOURNALED] == answers
    assert len({json.loads(line)["task_id"] for line in _lines(box)}) == len(_lines(box)) == ASKED
    assert f"{JOURNALED} of them answered before" in (box / "runs" / BEGUN / "output.log").read_text()
    assert sum(1 for _ in box.glob("runs/*")) == len(runs)


def _lines(box: Path) -> list[str]:
    return (box / "runs" / BEGUN / "answers.jsonl").read_text().splitlines()


def _what(one: dict[str, Any]) -> tuple[str, str, str]:
    words = one["config"]["script_args"]
    return one["model"], one["benchmark"], words[words.index("--seed") + 1]


def _planned() -> list[tuple[str, str, str]]:
    return [
        (model, benchmark, seed)
        for model in ("far-away", "demo-q2_k", "the-large-one")
        for benchmark in ("demo", "our-own")
        for seed in ("1", "2")
    ]


def _difference(frozen: str, now: str) -> str:
    lines = unified_diff(
        frozen.splitlines(), now.splitlines(), "as frozen", "as printed now", n=1, lineterm=""
    )
    advice = "If this is meant, tell it in tests/legacy/intended.py."
    return "\n".join([*lines, advice])
