"""A part is ended early: whoever planned it is asked after each verdict, and the script is told by a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from benchkit.contract import RunFile
from benchkit.errors import ParseError
from benchkit.running.plan import Part, PlannedRun, SoFar, plan_run
from benchkit.running.runner.part_ending import PartEnding
from benchkit.running.runner.record import Findings
from benchkit.running.runner.script import read_results
from benchkit.running.runner.watch import EventReader
from benchkit.running.runner.work import Work
from benchkit.settings import RunSettings
from parsers import get_parser
from tests.running.batch.support import SUMMARY


def planned(folder: Path, part: Part | None) -> PlannedRun:
    settings = RunSettings(benchmark="human_eval", base_url="http://127.0.0.1:1/v1", name="one")
    return replace(plan_run(settings), folder=folder, part=part)


def tell(folder: Path, *events: dict[str, object]) -> None:
    with (folder / RunFile.EVENTS).open("a") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def problem(number: int, verdict: str) -> dict[str, object]:
    return {"event": "problem", "id": f"T/{number}", "verdict": verdict, "done": number + 1, "of": 9}


def test_the_script_is_told_once_it_is_enough(tmp_path: Path) -> None:
    """It is asked after each verdict, with all of this start; what an earlier one left does not count."""
    seen: list[SoFar] = []

    def is_enough(so_far: SoFar) -> bool:
        seen.append(so_far)
        return "wrong" in so_far.verdicts.get("T/1", ())

    (tmp_path / RunFile.ENOUGH).touch()
    (tmp_path / RunFile.ANSWERS).write_text("{}\n")
    tell(tmp_path, problem(1, "wrong"))
    ending = PartEnding(planned(tmp_path, Part(7, 9, is_enough=is_enough)), None)
    events = EventReader(tmp_path / RunFile.EVENTS)
    events.pass_over_earlier()
    for event in ({"event": "start", "total": 9, "done": 0}, problem(0, "passed"), problem(1, "wrong")):
        assert not (tmp_path / RunFile.ENOUGH).exists()
        tell(tmp_path, event)
        events.progress()
        ending.look(events)
        ending.look(events)
    assert (tmp_path / RunFile.ENOUGH).exists()
    assert [one.verdicts.keys() for one in seen[-1:]] == [{"T/0", "T/1"}]
    assert (len(seen), seen[-1].questions, seen[-1].judged_now) == (2, 9, 1)
    assert seen[0].loading_s >= 0 <= seen[0].asking_s


def test_a_part_that_does_not_say_how_much_it_asked_is_no_whole_run(tmp_path: Path) -> None:
    """Its summary is a former start's: what was printed of a few problems must not stand for all of them."""
    printed = f"{SUMMARY}\n"
    (tmp_path / RunFile.OUTPUT).write_text(printed)
    work = SimpleNamespace(
        plan=planned(tmp_path, Part(7, 8)),
        parser=get_parser("human_eval"),
        findings=Findings(),
        display=SimpleNamespace(line=print),
    )
    with pytest.raises(ParseError, match=r"summary.json is not of this run: how many problems were asked"):
        read_results(cast("Work", work))
    work.plan = planned(tmp_path, None)
    assert read_results(cast("Work", work)).total_problems == 2


def test_a_run_that_is_no_part_is_never_ended(tmp_path: Path) -> None:
    """Nobody is asked, and no word is left behind."""
    ending = PartEnding(planned(tmp_path, None), None)
    events = EventReader(tmp_path / RunFile.EVENTS)
    tell(tmp_path, {"event": "start", "total": 9, "done": 0}, problem(0, "passed"))
    events.progress()
    ending.look(events)
    assert not (tmp_path / RunFile.ENOUGH).exists()
