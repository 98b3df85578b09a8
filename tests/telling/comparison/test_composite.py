"""The composite: four parts side by side, their weighted mean, and nothing where a part is not known."""

from __future__ import annotations

import json
from itertools import permutations
from math import log
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from benchkit.commands.compare import command as compare_command
from benchkit.commands.report import command as report_command
from benchkit.errors import UsageError
from benchkit.weights import read_weights
from tests.telling.comparison.nights import TWENTY, a_history, a_run, run_with_parts

COLUMNS = "model,correctness,speed,quality,efficiency,overall"


def compare(path: Path, *words: str) -> Result:
    return CliRunner().invoke(compare_command, [*words, "--history", str(path)], env={"COLUMNS": "200"})


def rows_of(path: Path, *words: str) -> dict[str, dict[str, Any]]:
    done = compare(path, "--columns", COLUMNS, "--format", "json", *words)
    assert done.exit_code == 0, done.output
    (page,) = json.loads(done.stdout)
    return {row["model"]: row for row in page["rows"]}


def test_the_overall_is_the_weighted_mean_of_the_four_parts(tmp_path: Path) -> None:
    path = a_history(tmp_path, run_with_parts("A"), run_with_parts("B", seconds=2, quality=60, passed=10))
    rows = rows_of(path)
    assert rows["A"]["speed"] == 100
    assert rows["B"]["speed"] == pytest.approx(100 * (1 - log(2) / log(10)), abs=1e-4)
    assert rows["A"]["correctness"] == 100
    assert rows["B"]["correctness"] == 50
    assert rows["A"]["quality"] - rows["B"]["quality"] == pytest.approx(15)
    for row in rows.values():
        wanted = 0.4 * row["correctness"] + 0.2 * row["speed"] + 0.25 * row["quality"]
        assert row["overall"] == pytest.approx(wanted + 0.15 * row["efficiency"])
        assert row["parts"]["quality"]["problems"] == 10  # those that both passed
        low, high = row["parts"]["quality"]["interval"]
        assert low < row["quality"] < high


def test_the_table_shows_each_interval_and_says_how_to_read_it(tmp_path: Path) -> None:
    path = a_history(tmp_path, run_with_parts("A"), run_with_parts("B", seconds=2, efficiency=None))
    shown = compare(path, "--columns", COLUMNS).stdout
    a, b = sorted(shown.split("\n\n")[1].splitlines()[2:])
    assert a.split()[:5] == ["A", "100.0", "[84–100]", "100.0", "[100–100]"]
    assert a.split()[5:] == ["76.0", "[76–76]", "90.0", "[90–90]", "92.5"]
    assert b.split()[-2:] == ["n/a", "n/a"]
    assert "efficiency is n/a for B: not measured: --efficiency measures it" in shown
    assert "quality: 75 equals the reference solutions; over 20 problems that all have in common" in shown
    assert "overall: correctness 40%, speed 20%, quality 25%, efficiency 15%; it ranks nobody" in shown
    assert "overall is n/a for B: a part of it is (--without efficiency leaves it out)" in shown
    left_out = compare(path, "--columns", COLUMNS, "--without", "efficiency").stdout
    assert "overall: correctness 47.1%, speed 23.5%, quality 29.4%; it ranks nobody" in left_out
    assert "overall is n/a" not in left_out


def test_rows_are_told_apart_also_where_no_named_column_does(tmp_path: Path) -> None:
    """In the table for people; a file has just the columns that were named."""
    path = a_history(tmp_path, run_with_parts("A"), run_with_parts("B", seconds=2))
    words = ("--columns", "correctness,quality")
    rows = compare(path, *words).stdout.split("\n\n")[1].splitlines()
    assert rows[0].split() == ["model", "correctness", "quality"]
    assert {row.split()[0] for row in rows[2:]} == {"A", "B"}
    assert compare(path, *words, "--format", "csv").stdout.splitlines()[0] == "correctness,quality"
    alone = compare(a_history(tmp_path / "alone", run_with_parts("A")), *words).stdout
    assert "model" not in alone.split("\n\n")[1]
    assert "over 20 problems\n" in alone


def test_without_a_part_the_others_share_its_weight(tmp_path: Path) -> None:
    path = a_history(tmp_path, run_with_parts("A", efficiency=None), run_with_parts("B", efficiency=None))
    assert rows_of(path)["A"]["overall"] is None
    row = rows_of(path, "--without", "efficiency")["A"]
    known = 0.4 * row["correctness"] + 0.2 * row["speed"] + 0.25 * row["quality"]
    assert row["overall"] == pytest.approx(known / 0.85)
    assert row["parts"]["weights"] == {"correctness": 0.470588, "speed": 0.235294, "quality": 0.294118}


def test_the_order_of_models_changes_nothing(tmp_path: Path) -> None:
    runs = [
        run_with_parts("A"),
        run_with_parts("B", seconds=3, quality=50, passed=12),
        run_with_parts("C", seconds=0.5, quality=80, passed=15),
    ]
    found = []
    for number, order in enumerate(permutations(runs)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found.append(rows_of(a_history(folder, *order)))
    assert all(rows == found[0] for rows in found)


def test_a_part_never_changes_the_verdict(tmp_path: Path) -> None:
    """Who is better is proven by correctness alone, however good the rest is."""
    path = a_history(tmp_path, run_with_parts("A", passed=10), run_with_parts("B", seconds=9, quality=5))
    with_parts = json.loads(compare(path, "--columns", COLUMNS, "--format", "json").stdout)
    without = json.loads(compare(path, "--format", "json").stdout)
    assert with_parts[0]["verdicts"] == without[0]["verdicts"]


def test_a_model_that_passes_nothing_has_no_quality_and_takes_none_away(tmp_path: Path) -> None:
    path = a_history(tmp_path, run_with_parts("A"), run_with_parts("nothing", passed=0))
    rows = rows_of(path)
    assert rows["nothing"]["quality"] is None
    assert rows["nothing"]["overall"] is None
    assert rows["nothing"]["parts"]["quality"]["why"] == "no answer passed"
    assert rows["A"]["parts"]["quality"]["problems"] == 20


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"machine": {"gpu": "RTX 4090"}}, "not all alike: RTX 3090, None at once or RTX 4090, None at once"),
        ({"config": {"parallel": 8}}, "not all alike: RTX 3090, 8 at once or RTX 3090, None at once"),
        ({"telemetry": {"cpu_taken_by_others_percent": 60.0}}, "other programs took a part of the processor"),
        ({"machine": {}}, "its machine is not known"),
    ],
)
def test_speeds_are_never_compared_across_machines_or_disturbed(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    path = a_history(tmp_path, run_with_parts("A"), run_with_parts("B", **changes))
    row = rows_of(path)["B"]
    assert (row["speed"], row["parts"]["speed"]["why"]) == (None, why)


def test_a_baseline_run_is_what_speed_is_measured_against(tmp_path: Path) -> None:
    path = a_history(
        tmp_path, run_with_parts("A"), run_with_parts("B", seconds=4), run_with_parts("C", seconds=2)
    )
    rows = rows_of(path, "A", "B", "--baseline-run", "run-C")
    assert rows["A"]["speed"] == 100
    assert rows["B"]["speed"] == pytest.approx(100 * (1 - log(2) / log(10)), abs=1e-4)


def test_qualities_of_different_tools_are_not_compared(tmp_path: Path) -> None:
    other = run_with_parts("B")
    other.results.record["further"]["parts"]["quality"]["method"] = "rule 1, ruff 2"
    rows = rows_of(a_history(tmp_path, run_with_parts("A"), other))
    assert (
        rows["A"]["parts"]["quality"]["why"]
        == "measured in different ways: ruff 1 or ruff 2: --rejudge measures again"
    )


def test_runs_from_before_have_their_correctness(tmp_path: Path) -> None:
    row = rows_of(a_history(tmp_path, a_run("A"), a_run("B", [1])))["B"]
    assert (row["quality"], row["speed"], row["overall"]) == (None, None, None)
    assert row["correctness"] == pytest.approx(100 * 163 / 164, abs=1e-4)
    assert "--rejudge judges its answers again" in row["parts"]["quality"]["why"]


def test_shares_of_tests_are_the_correctness_where_the_run_tells_them(tmp_path: Path) -> None:
    run = run_with_parts("A", passed=10)
    shares = {task: 100.0 if number < 10 else 50.0 for number, task in enumerate(TWENTY)}
    run.results.record["further"]["parts"]["correctness"] = {"points": shares}
    assert rows_of(a_history(tmp_path, run, run_with_parts("B")))["A"]["correctness"] == pytest.approx(75)


def test_weights_of_the_runs_count_where_all_agree_and_nobody_says_otherwise(tmp_path: Path) -> None:
    said = {"weights": "correctness=0.5,quality=0.5"}
    path = a_history(tmp_path, run_with_parts("A", config=said), run_with_parts("B", config=said))
    row = rows_of(path)["A"]
    assert row["overall"] == pytest.approx((row["correctness"] + row["quality"]) / 2)
    assert rows_of(path, "--weights", "correctness=100")["A"]["overall"] == row["correctness"]


@pytest.mark.parametrize("recorded", ["beauty=1", {"speed": 1}, 3])
def test_weights_that_this_version_does_not_know_are_passed_over(tmp_path: Path, recorded: object) -> None:
    path = a_history(tmp_path, run_with_parts("A", config={"weights": recorded}))
    weights = rows_of(path)["A"]["parts"]["weights"]
    assert weights == {"correctness": 0.4, "speed": 0.2, "quality": 0.25, "efficiency": 0.15}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--weights", "correctness=-1,speed=2"], "weights: correctness: '-1' is no number from 0 on"),
        (["--weights", "beauty=1"], "weights: unknown part 'beauty': known are correctness, speed, quality"),
        (["--weights", "quality=3"], "weights: quality=3 add up to 3, not to 1 (or 100)"),
        (["--weights", "nonsense"], "weights: unknown part 'nonsense'"),
        (["--without", "speeed"], "unknown part 'speeed': did you mean speed?"),
        (["--weights", "speed=1", "--without", "speed"], "--without: no part is left that has a weight"),
        (["--baseline-run", "nobody"], "no model or run 'nobody'"),
        (["--columns", "qualty"], "unknown column 'qualty': did you mean quality?"),
    ],
)
def test_bad_words_are_refused_in_one_line(tmp_path: Path, words: list[str], why: str) -> None:
    path = a_history(tmp_path, run_with_parts("A"), run_with_parts("B"))
    done = compare(path, *words)
    assert isinstance(done.exception, UsageError)
    assert why in str(done.exception)
    assert "\n" not in str(done.exception)


def test_weights_may_be_percents() -> None:
    assert read_weights("correctness=40,speed=20,quality=25,efficiency=15") == read_weights(
        "correctness=0.4,speed=0.2,quality=0.25,efficiency=0.15"
    )


def test_a_report_shows_the_four_parts_and_both_charts(tmp_path: Path) -> None:
    path = a_history(tmp_path, run_with_parts("A"), run_with_parts("B", quality=50))
    for ending, wanted in {
        "html": ["Parts of the composite", "HumanEval+: parts of the composite", "what makes up the overall"],
        "md": ["Parts of the composite", "overall |"],
        "txt": ["Parts of the composite", "overall: correctness 40%"],
    }.items():
        place = tmp_path / f"report.{ending}"
        done = CliRunner().invoke(report_command, ["--output", str(place), "--history", str(path)])
        assert done.exit_code == 0, done.output
        text = place.read_text()
        assert [word for word in wanted if word not in text] == []


def test_a_report_of_runs_from_before_has_no_table_of_parts(tmp_path: Path) -> None:
    path = a_history(tmp_path, a_run("A"), a_run("B", [1]))
    place = tmp_path / "report.md"
    CliRunner().invoke(report_command, ["--output", str(place), "--history", str(path)])
    assert "composite" not in place.read_text()


def test_figures_of_other_tools_are_columns_and_no_part_of_the_overall(tmp_path: Path) -> None:
    """Over problems that both have; the overall and the verdicts are those without them."""
    runs = [run_with_parts("A"), run_with_parts("B", passed=10)]
    plain = tmp_path / "plain"
    plain.mkdir()
    before = rows_of(a_history(plain, *runs))
    for run, index, count in zip(runs, (80.0, 60.0), (20, 10), strict=True):
        points = {task: index - number for number, task in enumerate(TWENTY[:count])}
        run.results.record["further"]["parts"]["maintainability"] = {"points": points, "method": "radon 6"}
    path = a_history(tmp_path, *runs)
    columns = f"{COLUMNS},maintainability,cyclomatic,coverage"
    (page,) = json.loads(compare(path, "--columns", columns, "--format", "json").stdout)
    rows = {row["model"]: row for row in page["rows"]}
    assert [rows[name]["maintainability"] for name in "AB"] == [75.5, 55.5]
    assert [rows[name]["overall"] for name in "AB"] == [before[name]["overall"] for name in "AB"]
    assert rows["A"]["cyclomatic"] is None
    shown = compare(path, "--columns", "model,maintainability,coverage").stdout
    assert "maintainability: radon's index of passing answers in Python; no part of the overall" in shown
    assert "coverage is n/a for A, B: it was judged before this was measured" in shown
