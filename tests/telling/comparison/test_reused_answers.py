"""Answers that a run took from an earlier one repeat nothing, and have no time and no energy of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchkit.contract import RunFile
from benchkit.masking import Mask
from benchkit.records import Results, Run, Status, Telemetry
from benchkit.running.runner.record import Findings, as_run
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.noise import noise
from benchkit.telling.comparison.page import pages, remarks, rendered
from benchkit.telling.comparison.selection import repeats_of, sections
from benchkit.telling.history import open_store
from tests.running.runner.plans import scored
from tests.telling.comparison.nights import a_run

REUSED = {"reused_answers": 2}


def _with_verdicts(run: Run, folder: Path, *, reused: bool) -> Run:
    """The run with the verdicts of two samples of one task beside it."""
    place = folder / run.id
    place.mkdir()
    marked = {"reused": "run-A"} if reused else {}
    rows = [
        {"task_id": "t", "sample": n, "verdict": word, **marked} for n, word in enumerate(("passed", "wrong"))
    ]
    (place / RunFile.VERDICTS).write_text("\n".join(map(json.dumps, rows)) + "\n")
    return run


def test_taken_answers_are_no_repeats(tmp_path: Path) -> None:
    """Neither for averages over repeated runs nor for noise: one answer that two runs hold was given once."""
    store = open_store(tmp_path / "history.json")
    first = a_run("A", id="run-1", artifacts=str(tmp_path / "run-1"))
    second = a_run("A", id="run-2", artifacts=str(tmp_path / "run-2"), results=REUSED)
    for run in (_with_verdicts(first, tmp_path, reused=False), _with_verdicts(second, tmp_path, reused=True)):
        store.append(run)
    catalog = Catalog(store)
    assert [run.id for run in repeats_of(catalog, first)] == ["run-1"]
    measured = noise([first, second], store)
    assert measured is not None
    assert measured.samples == 2


def test_a_run_with_taken_answers_tells_no_time(tmp_path: Path) -> None:
    """Nor energy for each solved problem, nor the cost of its electricity."""
    plan = scored(tmp_path, "mine")
    results = Results(score=50.0, total_passed=1, total_problems=2, time_taken=0.1, metrics=dict(REUSED))
    run = as_run(plan, Findings(results=results, script_s=0.2, telemetry=Telemetry(energy_wh=5.0)), Mask())
    assert (run.results.time_taken, facts.wh_per_solved(run)) == (None, None)
    assert run.results.reused_answers == 2


def test_a_comparison_says_whose_answers_are_taken(tmp_path: Path) -> None:
    """A person must know it before reading the table."""
    store = open_store(tmp_path / "history.json")
    store.append(a_run("A", results=REUSED))
    (page,) = pages(sections(Catalog(store), (), None, repeats=False, anyway=False), None)
    assert "A: 2 answers are those of earlier runs" in remarks(page)


def _history_of(folder: Path, **latest: Any) -> Catalog:
    """A run that was asked, an interrupted one, and one of which all answers were taken."""
    store = open_store(folder / "history.json")
    store.append(a_run("A", id="asked", telemetry={"tokens_per_second": 61.5}))
    store.append(a_run("A", id="broken", status=Status.FAILED, telemetry={"tokens_per_second": 5.0}))
    unknown = {"tokens_per_second": None}
    timestamp = "2026-11-22T01:00:00+01:00"
    taken = {
        "id": "taken",
        "timestamp": timestamp,
        "results": REUSED | {"time_taken": None},
        "telemetry": unknown,
    }
    store.append(a_run("A", **{**taken, **latest}))
    return Catalog(store)


def test_a_run_of_taken_answers_shows_the_speed_of_the_one_that_has_it(tmp_path: Path) -> None:
    """Marked in the table, told below it, and in JSON by the run's name; its time is nobody's."""
    (one,) = pages(sections(_history_of(tmp_path), (), None, repeats=False, anyway=False), None)
    text = rendered([one], "table", None)
    assert "61.5†" in text
    assert "speeds marked † are those of an earlier run: A (asked)" in text
    ((row,),) = (page["rows"] for page in json.loads(rendered([one], "json", None)))
    assert (row["tokens_per_second"], row["speed_of_run"], row["time"]) == (61.5, "asked", None)


@pytest.mark.parametrize(
    "latest",
    [
        {"telemetry": {"tokens_per_second": 40.0}},
        {"model_file": {"sha256": "another"}},
        {"machine": {"gpu": "RTX 4090"}},
        {"results": {}},
    ],
    ids=["its own speed", "another file", "another GPU", "nothing was taken"],
)
def test_no_other_speed_is_shown_for_it(latest: dict[str, Any], tmp_path: Path) -> None:
    catalog = _history_of(tmp_path, **latest)
    (one,) = sections(catalog, (), None, repeats=False, anyway=False)[0].contestants
    assert one.earlier is None
