"""A speed that other programs changed is marked wherever it stands, and ranked nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchkit.telling.comparison.columns import BY_NAME, ordered
from benchkit.telling.comparison.page import page, rendered
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.comparison.standings import energy, front, speed, undisturbed
from benchkit.telling.comparison.verdicts import verdicts
from benchkit.telling.reports.gallery import charts
from tests.support import Bench
from tests.telling.comparison.nights import a_contestant, a_history, a_run, a_section

BUSY = {"cpu_taken_by_others_percent": 48.3, "cpu_pressure_percent": 71.0}


def _telemetry(tokens: float, busy: bool) -> dict[str, Any]:
    return {"tokens_per_second": tokens} | (BUSY if busy else {})


@pytest.fixture
def rows() -> list[Contestant]:
    """The fastest and the slowest ran beside other programs."""
    told = (("fast", 90.0, True), ("calm", 60.0, False), ("even", 50.0, False), ("slow", 3.0, True))
    return [
        a_contestant(name, range(n), telemetry=_telemetry(tokens, busy))
        for n, (name, tokens, busy) in enumerate(told)
    ]


def test_disturbed_speeds_stand_below_the_ranked_ones(rows: list[Contestant]) -> None:
    """Sorted by speed, the undisturbed come first, in order; sorted by score nothing changes."""
    assert [one.label for one in ordered(rows, BY_NAME["tokens_per_second"])] == [
        "calm",
        "even",
        "fast",
        "slow",
    ]
    assert [one.label for one in ordered(rows, BY_NAME["score"])] == ["fast", "calm", "even", "slow"]


def test_disturbed_speeds_are_on_no_front(rows: list[Contestant]) -> None:
    """Neither in speed nor in energy, which is power times time."""
    for measure, lower in ((speed, False), (energy, True)):
        kept = front(rows, undisturbed(measure), lower_is_better=lower)
        assert [one.label for one in kept] == ["calm"]


@pytest.mark.parametrize("style", ["table", "markdown", "html", "latex"])
def test_tables_mark_them_and_say_why(style: str, rows: list[Contestant]) -> None:
    """A star behind the figure, and a line with the share that others took."""
    section = a_section(*rows)
    text = rendered([page(section, verdicts(section), BY_NAME["score"], None)], style, None)
    assert "90.0*" in text
    assert "60.0*" not in text
    if style != "latex":  # whose page is the table alone
        assert "speeds marked * are not ranked" in text
        assert "fast (48%), slow (48%)" in text


def test_programs_are_told(rows: list[Contestant]) -> None:
    """In JSON the row says so; a calm one has no such key."""
    section = a_section(*rows)
    found = json.loads(rendered([page(section, [], BY_NAME["score"], None)], "json", None))
    assert {row["model"] for row in found[0]["rows"] if row.get("speed_disturbed")} == {"fast", "slow"}


def test_charts_of_speed_leave_them_out(rows: list[Contestant]) -> None:
    """The chart of speed shows the two calm ones; that of scores shows all."""
    drawn = charts("HumanEval+", rows)
    against_speed, scores = drawn["score-against-speed"].svg(), drawn["ranking"].svg()
    assert "calm" in against_speed
    assert "fast" not in against_speed
    assert "fast" in scores


def test_the_leaderboard_marks_them(bench: Bench, tmp_path: Path) -> None:
    """In the row, in the line below, and in no line of those not beaten in speed."""
    a_history(
        tmp_path,
        a_run("fast", range(3), telemetry=_telemetry(90.0, True)),
        a_run("calm", range(40), telemetry=_telemetry(60.0, False)),
    )
    text = bench("leaderboard", "list").stdout
    assert "90 tok/s*" in text
    assert "60 tok/s*" not in text
    assert "* other programs took a part of the processor" in text
    assert "not beaten in score and speed: calm" in text
