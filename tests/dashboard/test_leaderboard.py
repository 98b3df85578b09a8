"""The leaderboard and the runs of a model: tiers, filters, pages, charts that come later."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.dashboard.site import looking_at
from tests.telling.comparison.nights import a_run

pytestmark = pytest.mark.usefixtures("own_cache")


def test_the_leaderboard_names_the_better_model_first(browser: TestClient) -> None:
    """And each model leads to its run."""
    text = browser.get("/").text
    assert text.index(">Alpha</a>") < text.index(">Beta</a>")


def test_the_leaderboard_narrows_to_a_family_and_a_size(tmp_path: Path) -> None:
    runs = [a_run("Alpha-7B-Q4_K_M"), a_run("Beta-7B-Q4_K_M", model_file={"size_bytes": 9 << 30})]
    browser = looking_at(tmp_path, *runs)
    assert "Beta-7B" not in tiers(browser.get("/leaderboard?family=Alpha-7B").text)
    assert "Beta-7B" not in tiers(browser.get("/leaderboard?size=6").text)
    assert "filters" in browser.get("/leaderboard?size=1").text.partition('role="alert"')[2]


def test_the_leaderboard_counts_the_problems_of_one_language(tmp_path: Path) -> None:
    """From the sums of a run whose verdicts do not say it."""
    groups = {"language": {"go": {"total_passed": 3, "total_problems": 4}, "rust": {}}}
    browser = looking_at(tmp_path, a_run("Alpha", results={"further": {"groups": groups}}))
    assert "75.0%" in tiers(browser.get("/leaderboard?language=go").text)


def tiers(page: str) -> str:
    return page.partition("<tbody>")[2].partition("</tbody>")[0]


def test_the_best_that_fits_is_named(tmp_path: Path) -> None:
    runs = [a_run("Large", telemetry={"vram_peak_mb": 20480.0}), a_run("Small", failed=range(9))]
    browser = looking_at(tmp_path, *runs)
    assert "best that fits in 10 GiB of VRAM: Small" in browser.get("/leaderboard?fits=10").text


def test_of_many_boards_the_largest_are_shown_and_the_others_are_led_to(tmp_path: Path) -> None:
    runs = [
        a_run(f"M{n}", id=f"run-{n}", benchmark=f"own-{n}", problem_set={"name": f"set-{n}"})
        for n in range(6)
    ]
    page = looking_at(tmp_path, *runs).get("/leaderboard").text
    assert page.count("<h2>") == 4
    assert page.count('href="/leaderboard?benchmark=own-') == 2


def test_many_models_of_a_board_are_paged_and_its_charts_come_after_it(tmp_path: Path) -> None:
    """The first page stays small, and each page goes on where the one before it ended."""
    runs = [a_run(f"M{n:02}", id=f"run-{n:02}", failed=range(n)) for n in range(30)]
    browser = looking_at(tmp_path, *runs)
    pages = [browser.get(f"/leaderboard?page={n}").text for n in (1, 2, 99)]
    shown = [re.findall(r'href="/runs/(run-\d\d)"', page) for page in pages]
    assert shown[0] + shown[1] == [f"run-{n:02}" for n in range(30)]
    assert shown[2] == shown[1], "beyond the last is the last"
    assert max(len(page.encode()) for page in pages) < 30_000
    assert "<svg" in browser.get("/charts/leaderboard").text
    assert 'class="chart"' not in pages[0]
    assert 'class="chart"' not in browser.get("/charts/leaderboard?page=2").text


def test_further_boards_are_led_to_where_filters_leave_nothing_of_the_largest(tmp_path: Path) -> None:
    """A family that only a small benchmark knows is found without naming that benchmark."""
    large = [a_run(f"Llama-{n}", id=f"run-{n}") for n in range(25)]
    small = a_run("Qwen-7", id="run-small", benchmark="own", problem_set={"name": "own"})
    browser = looking_at(tmp_path, *large, small)
    assert 'href="/leaderboard?benchmark=own"' in browser.get("/leaderboard").text
    found = browser.get("/leaderboard?family=Qwen-7").text
    assert re.findall(r'href="/runs/(run-\w+)"', found) == ["run-small"]
    assert 'role="alert"' in browser.get("/leaderboard?family=none").text


def test_a_models_runs_are_paged_and_what_changed_is_told_across_pages(tmp_path: Path) -> None:
    runs = [
        a_run("A", id=f"run-{n:02}", timestamp=f"2026-01-01T00:{n:02}:00+00:00", config={"temperature": t})
        for n, t in enumerate([0.0] * 5 + [0.8] * 50)
    ]
    browser = looking_at(tmp_path, *runs)
    first, second = (browser.get(f"/models/A?page={n}").text for n in (1, 2))
    found = [re.findall(r'href="/runs/(run-\d\d)"', page) for page in (first, second)]
    assert found[0] + found[1] == [f"run-{n:02}" for n in reversed(range(55))]
    assert "temperature" in first.partition("run-05")[2]
    assert "temperature" not in second
    assert 'class="chart"' in browser.get("/charts/model?name=A").text
