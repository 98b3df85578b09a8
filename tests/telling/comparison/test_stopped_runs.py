"""Runs that a race stopped: compared on what both were asked, and never called worse than that proves."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.errors import UsageError
from benchkit.racing import compare_parts, order_at_random
from benchkit.records import Run, Status
from benchkit.telling.comparison.board import boards
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.page import pages, rendered
from benchkit.telling.comparison.selection import sections
from benchkit.telling.comparison.verdicts import Word, evidence
from benchkit.telling.history import open_store
from tests.telling.comparison.nights import HISTORY, a_run, with_files

SEED, ALL = 7, 100
ORDER = order_at_random((f"P/{number}" for number in range(ALL)), SEED)


def whole(folder: Path, model: str, fails: int) -> Run:
    """Fails the first so many of the race's order."""
    rows = [(task, "wrong" if place < fails else "passed") for place, task in enumerate(ORDER)]
    return _kept(
        folder, a_run(model, total=ALL, results={"total_passed": ALL - fails, "failed_tasks": None}), rows
    )


def stopped(folder: Path, model: str, fails: int, asked: int) -> Run:
    """Fails the last so many that it was asked, which the other solved."""
    rows = [
        (task, "passed" if place < asked - fails else "wrong") for place, task in enumerate(ORDER[:asked])
    ]
    results = {
        "total_passed": asked - fails,
        "total_problems": asked,
        "score": 100 * (asked - fails) / asked,
        "failed_tasks": None,
        "part": {"seed": SEED, "asked": asked, "of": ALL},
        "race": {"goal": "best", "interval": [1.0, 90.0]},
    }
    error = f"stopped after {asked} of {ALL} problems: it is not, at 95%, the best (3 behind whole)"
    run = a_run(model, total=ALL, status=Status.STOPPED, error=error, results=results)
    return _kept(folder, run, list(reversed(rows)))


def _kept(folder: Path, run: Run, rows: list[tuple[str, str]]) -> Run:
    run = with_files(folder, run, rows)
    open_store(folder / HISTORY).append(run)
    return run


def compared(folder: Path, *names: str) -> str:
    catalog = Catalog(open_store(folder / HISTORY))
    found = sections(catalog, names, None, repeats=False, anyway=False, stopped=True)
    return rendered(pages(found, None), "table", None)


def test_a_stopped_run_is_worse_only_where_the_evidence_of_a_race_says_so(tmp_path: Path) -> None:
    """Seven of twenty behind is p=0.016 for a test at a fixed end, and not enough at an early stop."""
    whole(tmp_path, "whole", 0)
    stopped(tmp_path, "near", 7, 20)
    stopped(tmp_path, "far", 19, 20)
    catalog = Catalog(open_store(tmp_path / HISTORY))
    (section,) = sections(catalog, (), None, repeats=False, anyway=False, stopped=True)
    (page,) = pages([section], None)
    words = {(verdict.before.label, verdict.after.label): verdict.word for verdict in page.verdicts}
    assert words["whole", "near"] is Word.INCONCLUSIVE
    assert words["whole", "far"] is Word.WORSE
    shown = next(v.evidence for v in page.verdicts if v.after.label == "near")
    assert shown is not None
    assert shown.problems == (20, 20)
    assert shown.interval[0] < -0.35 < shown.interval[1]


def test_the_table_says_who_was_stopped_and_bounds_the_whole_score(tmp_path: Path) -> None:
    """The interval of 19 of 20 is one of all 100, and the remark says why there are no more."""
    whole(tmp_path, "whole", 2)
    stopped(tmp_path, "near", 1, 20)
    text = compared(tmp_path)
    assert "near stopped after 20 of 100 problems" in text
    assert "its interval is of all of them" in text
    assert "20 paired" in text
    assert "batch … --finish asks the rest" in text


def test_a_stopped_run_never_stands_in_for_a_whole_one(tmp_path: Path) -> None:
    """Neither in the leaderboard nor beside a whole run of the same model; by its name it can be seen."""
    stopped(tmp_path, "only stopped", 10, 20)
    with pytest.raises(UsageError, match=r"no run in .* ended well yet"):
        boards(Catalog(open_store(tmp_path / HISTORY)), None, None, None)
    whole(tmp_path, "whole", 2)
    (board,) = boards(Catalog(open_store(tmp_path / HISTORY)), None, None, None)
    assert [one.label for _, one in board.ranked] == ["whole"]
    assert "only stopped" in compared(tmp_path, "whole", "only stopped")


def test_the_interval_of_a_pair_holds_the_whole_difference() -> None:
    """Of orders of a known difference at most 5% miss it, whenever one stops; here none of 60 does."""
    differences = {f"P/{number}": -1.0 if number < 20 else float(number < 30) for number in range(ALL)}
    for seed in range(60):
        asked = [differences[task] for task in order_at_random(differences, seed)][: 10 + seed]
        found = compare_parts(asked, ALL)
        assert found.interval[0] <= -0.1 <= found.interval[1]


def test_two_whole_runs_are_judged_as_ever(tmp_path: Path) -> None:
    """McNemar's exact test, where nobody was stopped."""
    one, two = whole(tmp_path, "one", 0), whole(tmp_path, "two", 7)
    catalog = Catalog(open_store(tmp_path / HISTORY))
    (section,) = sections(catalog, (one.id, two.id), None, repeats=False, anyway=False)
    shown = evidence(*(member.outcomes for member in section.contestants))
    assert shown is not None
    assert shown.p == pytest.approx(2 / 2**7)
