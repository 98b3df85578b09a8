"""What a run cost where its script does not tell: electricity, a harness's tokens; its place in tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchkit.errors import UsageError
from benchkit.masking import Mask
from benchkit.records import Results, Run, Telemetry
from benchkit.running.plan import plan_run
from benchkit.running.runner.record import Findings, as_run
from benchkit.settings import RunSettings
from benchkit.telling.comparison.board import as_text as board_text
from benchkit.telling.comparison.board import boards
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.columns import find
from benchkit.telling.comparison.selection import Contestant, contestant
from benchkit.telling.history import open_store
from benchkit.telling.reports.gallery import charts
from tests.running.runner.plans import scored
from tests.telling.comparison.nights import a_run

REMOTE: dict[str, Any] = {
    "model": None,
    "server": "endpoint",
    "base_url": "https://api.openai.com/v1",
    "name": "gpt-4o",
}


def _recorded(folder: Path, asked: dict[str, Any], metrics: dict[str, Any], wh: float | None = None) -> Run:
    plan = scored(folder, "mine")
    plan = replace(plan, settings=replace(plan.settings, **asked))
    results = Results(score=50.0, total_passed=1, total_problems=2, metrics=metrics)
    return as_run(plan, Findings(results=results, telemetry=Telemetry(energy_wh=wh)), Mask())


def test_a_model_here_costs_its_electricity(tmp_path: Path) -> None:
    """Only where somebody says what a kWh costs; what the meter did not measure is unknown."""
    told = _recorded(tmp_path, {"price_kwh": 0.4}, {}, wh=250.0).telemetry
    assert told.cost == pytest.approx(0.1)
    assert (told.cost_source, len(told.cost_date or "")) == ("energy", 10)
    for unknown in (
        _recorded(tmp_path, {}, {}, wh=250.0),
        _recorded(tmp_path, {"price_kwh": 0.4}, {}, wh=None),
        _recorded(tmp_path, {**REMOTE, "name": "no-such", "price_kwh": 0.4}, {}, wh=250.0),
    ):
        assert unknown.telemetry.cost is None
        assert unknown.telemetry.record["cost"] is None


def test_tokens_that_a_harness_tells_are_paid_by_their_price(tmp_path: Path) -> None:
    """By the table, or by a price that was given; what the script itself tells counts before all."""
    tokens = {"prompt_tokens": 1_000_000, "completion_tokens": 100_000}
    told = _recorded(tmp_path, REMOTE, tokens).telemetry
    assert told.cost == pytest.approx(3.5)
    assert (told.cost_source or "").startswith("genai-prices ")
    assert _recorded(tmp_path, {**REMOTE, "price": "1,1"}, tokens).telemetry.cost == pytest.approx(1.1)
    told = _recorded(tmp_path, REMOTE, {**tokens, "cost": 0.25, "cost_source": "reply"}).telemetry
    assert (told.cost, told.cost_source) == (0.25, "reply")


def test_a_price_is_not_lost_on_a_foreign_harness() -> None:
    """It tells its tokens, and we count them: no word that the price is not told, and the record has it."""
    local = RunSettings(benchmark="mine", script="echo {model}", parser="lcb", price="1,2")
    plan = plan_run(replace(local, **REMOTE))
    assert plan.script.settings_left_out({"price": "1,2", "temperature": "0"}) == ["temperature"]
    assert as_run(plan, Findings(), Mask()).config.value("price") == "1,2"


def test_a_provider_without_a_model_is_no_missing_file() -> None:
    """With or without the slash, which a path loses at its end."""
    for text in ("openai/", "openai"):
        with pytest.raises(UsageError, match="openai/ names no model: write openai/NAME, as OpenAI calls it"):
            plan_run(RunSettings(benchmark="demo", model=Path(text)))


def test_a_limit_is_refused_where_no_price_is_known() -> None:
    """Before anything is started; a file that is served here needs none, nor a server of one's own."""
    asked = RunSettings(
        benchmark="demo", max_cost=1.0, server="endpoint", base_url="http://api.example.com/v1"
    )
    with pytest.raises(
        UsageError, match="--max-cost needs the price of mine, which nobody knows: add --price"
    ):
        plan_run(replace(asked, name="mine"))
    assert plan_run(replace(asked, name="mine", price="1,2"))
    assert plan_run(replace(asked, server="auto", base_url=None, model=Path("m.gguf")))
    assert plan_run(replace(asked, name="mine", base_url="http://gpu-box:8000/v1"))


def test_cost_and_cost_per_solved_problem_are_columns(tmp_path: Path) -> None:
    """Unknown is an empty cell, and a run that solved nothing has no cost per solved problem."""
    catalog = _catalog(tmp_path)
    rows = {one.label: one for one in _rows(catalog)}
    values = {
        name: (find("cost").value(one), find("cost_per_solved").value(one)) for name, one in rows.items()
    }
    assert values == {
        "cheap": (1.0, pytest.approx(1 / 100)), "dear": (3.0, pytest.approx(3 / 150)),
        "bad": (2.0, pytest.approx(2 / 50)), "nothing": (1.0, None), "unknown": (None, None),
    }  # fmt: skip


def test_score_against_cost_is_a_chart_with_its_front(tmp_path: Path) -> None:
    """The leaderboard names those that are not beaten in score and cost; the chart joins them."""
    catalog = _catalog(tmp_path)
    text = board_text(boards(catalog, None, None, None)[0], None)
    assert "not beaten in score and cost: cheap, dear\n" in text
    drawn = charts("t", list(_rows(catalog)))["score-against-cost"].svg()
    assert "score against cost" in drawn
    assert "dollars per solved problem (less is better)" in drawn


def _catalog(folder: Path) -> Catalog:
    store = open_store(folder / "history.json")
    solved: dict[str, tuple[int, float | None]] = {
        "cheap": (100, 1.0), "dear": (150, 3.0), "bad": (50, 2.0), "nothing": (0, 1.0),
        "unknown": (120, None),
    }  # fmt: skip
    for name, (passed, cost) in solved.items():
        store.append(a_run(name, range(164 - passed), telemetry={"cost": cost}))
    return Catalog(store)


def _rows(catalog: Catalog) -> list[Contestant]:
    return [contestant(catalog, [catalog.run(head)], head.model) for head in catalog.heads]
