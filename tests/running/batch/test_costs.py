"""What a batch will cost, and the sum that its runs keep within together."""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from benchkit.contract import Variable
from benchkit.errors import CostLimit
from benchkit.prices import ENERGY, GIVEN, REPLY
from benchkit.run_parts import RunTelemetry
from benchkit.running.batch.costs import CostEstimator, ExpectedCost, in_words, night_of
from benchkit.running.batch.expand import Entry, expand
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.planfile import PlanProblems, make_plan
from benchkit.running.batch.state import EntryState
from benchkit.running.runner.host import PROMPT_TOKENS
from benchkit.settings import RunSettings
from benchkit.spending import Spending, read_spent
from benchkit.strict_documents import read_yaml
from tests.running.batch.kills import prove
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import F16, ROOT, Bench, runs_in
from tests.telling.comparison.nights import a_run

REMOTE = {"name": "far", "base_url": "http://api.example.com/v1"}
USED = {"prompt_tokens": 164_000, "completion_tokens": 16_400}


def _entry(model: dict[str, Any], **defaults: Any) -> Entry:
    raw = {"models": [model], "benchmarks": ["human_eval_plus"], "defaults": defaults}
    (entry,) = expand(make_plan(raw, "plan"), RunSettings(benchmark="")).entries
    return entry


def test_a_models_own_runs_say_what_it_costs() -> None:
    """The middle one of them; another model at the same address is another."""
    config = {"base_url": REMOTE["base_url"]}
    runs = [a_run("far", config=config, telemetry={"cost": cost}) for cost in (1.0, 9.0, 2.0)]
    runs.append(a_run("other", config=config, telemetry={"cost": 70.0}))
    assert CostEstimator(runs).expect(_entry(REMOTE)) == ExpectedCost(2.0, None)


def test_tokens_of_other_models_and_the_budget_make_an_estimate() -> None:
    """About what others took, at this model's price; at most what the budget allows each answer."""
    estimator = CostEstimator([a_run("local", telemetry=USED)])
    found = estimator.expect(_entry({**REMOTE, "price": "1,10"}, max_tokens=500))
    assert found.about == pytest.approx(0.328)
    assert found.most == pytest.approx(0.164 + 164 * 500 * 10 / 1e6)
    assert estimator.expect(_entry(REMOTE, max_tokens=500)) == ExpectedCost(None, None)


@pytest.mark.parametrize(
    ("args", "answers"),
    [
        ([], 164),
        (["--limit", "10", "--samples-per-problem", "3", "--seed", "1"], 30),
        (["--problems-file", "mine.jsonl"], None),
        (["--limit=10"], None),
    ],
)
def test_before_the_first_run_the_budget_says_the_most(args: list[str], answers: int | None) -> None:
    """Of a benchmark whose size is known, and no flag that could choose other problems."""
    model = {**REMOTE, "price": "1,10", "args": args}
    found = CostEstimator([]).expect(_entry(model, max_tokens=500))
    most = answers and answers * (PROMPT_TOKENS * 1 + 500 * 10) / 1e6
    assert (found.about, found.most) == (None, most and pytest.approx(most))


def test_a_model_of_this_machine_costs_electricity_or_nothing_is_said() -> None:
    """Nobody sends a bill: an unknown one is no gap in the sum."""
    estimator = CostEstimator([a_run(F16.stem, telemetry={"energy_wh": 500.0})])
    assert estimator.expect(_entry({"path": str(F16)}, price_kwh=0.4)) == ExpectedCost(
        0.2, None, is_bill=False
    )
    assert estimator.expect(_entry({"path": str(F16)})) == ExpectedCost(None, None, is_bill=False)


def test_the_sum_says_what_is_not_known() -> None:
    """Unknown is never 0; without a bill there is no line."""
    known, unknown, own = ExpectedCost(1.5, 4.0), ExpectedCost(), ExpectedCost(is_bill=False)
    assert in_words([known, known, own]) == "Cost: about 3.00 dollars, at most 8.00 by the token budgets"
    told = "Cost: about 1.50 dollars, not known yet for 1 of 2 runs at a provider"
    assert in_words([known, unknown, own]) == told
    assert in_words([own]) == ""


def test_the_page_names_what_is_there() -> None:
    """docs/costs.md: both of its plans are ones, and each fact that it names is in a run's record."""
    page = (ROOT / "docs" / "costs.md").read_text()
    with_provider, with_limits = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    for plan in (with_provider, with_limits):
        assert make_plan(read_yaml(plan), "costs.md").problems == ()
    told = re.findall(r"`(\w+_tokens|cost\w*)`", page)
    assert set(told) - {"max_tokens"} <= {one.name for one in fields(RunTelemetry)}
    assert {REPLY, GIVEN, ENERGY} <= set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))


def test_a_dry_run_tells_the_cost(bench: Bench, tmp_path: Path) -> None:
    """In a column, and in a line for all that is left."""
    (tmp_path / "plan.yaml").write_text(json.dumps({"models": [REMOTE], "benchmarks": ["demo"]}))
    told = bench("batch", "plan.yaml", "--dry-run").stdout
    assert "cost $" in told
    assert "Cost: not known yet for 1 of 1 runs at a provider" in told


@pytest.mark.parametrize(
    ("benchmark", "model", "said"),
    [
        ("demo", REMOTE, "--max-cost needs the price of far, which nobody knows: add --price IN,OUT"),
        ("llama", {**REMOTE, "price": "1,1"}, "--max-cost: echo cannot be told to stop before it"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_refused_at_once(
    benchmark: str, model: dict[str, Any], said: str
) -> None:
    """With the plan's other problems, before the first run; a model of this machine has no bill to limit."""
    named = (
        {"name": benchmark, "script": "echo {model}", "parser": "lcb"} if benchmark == "llama" else benchmark
    )
    raw = {"models": [model, str(F16)], "benchmarks": [named]}
    with pytest.raises(PlanProblems) as told:
        expand(make_plan(raw, "plan"), RunSettings(benchmark="", max_cost=1.0))
    (line,) = told.value.problems
    assert said in line


def test_a_night_begins_with_what_its_plan_has_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an earlier batch noted it, else as the history says; its scripts are told where."""
    monkeypatch.delenv(Variable.SPENDING, raising=False)
    history, done = tmp_path / "history.json", {Path("runs/a"): 0.5, Path("runs/b"): 0.25}
    with night_of(history, 2.0, done) as night:
        path = Path(os.environ[Variable.SPENDING])
        Spending(path, "c").take(0.5)
        Spending(path, "a").settle(0.0, 1.0)
        assert night.refusal(RunSettings()) is None
    assert Variable.SPENDING not in os.environ
    with night_of(history, 2.0, done):
        assert read_spent(path) == {"a": 1.5, "b": 0.25}


def test_what_goes_on_tonight_has_its_cost_from_the_start(tmp_path: Path) -> None:
    """A run that was interrupted counts with what its answers cost, before it is its turn again."""
    ledger = Ledger([_entry(REMOTE)])
    (key,) = (entry.key for entry in ledger.entries)
    ledger.load({key: EntryState(key, state="interrupted", folder=str(tmp_path))}, [])
    assert ledger.costs() == {tmp_path: 0.0}
    (tmp_path / "answers.jsonl").write_text('{"cost": 0.25}\n{"cost": 0.5}\n')
    assert ledger.costs() == {tmp_path: 0.75}


def test_a_batch_knows_whom_its_limit_ended(tmp_path: Path) -> None:
    """And nobody else; a new limit ends nobody yet."""
    with night_of(tmp_path / "history.json", 1.0, {}) as night:
        path = Path(os.environ[Variable.SPENDING])
        Spending(path, "a").take(0.75)
        with pytest.raises(CostLimit, match=r"--max-cost 1 of all runs: 0\.0000 dollars are spent"):
            Spending(path, "b").take(0.5)
        assert [night.has_ended(Path("runs") / name) for name in "ab"] == [False, True]
    with night_of(tmp_path / "history.json", 2.0, {}) as night:
        assert not night.has_ended(Path("runs/b"))


def test_the_runs_of_a_night_never_pass_its_limit(bench: Bench, tmp_path: Path) -> None:
    """The first uses it up and says so; the second is not started; with more the same command goes on."""
    asked: list[str] = []

    def answer(turn: Turn) -> None:  # each costs 0.001
        if not turn.body.get("stream"):
            return prove(turn)
        asked.append(str(turn.body["model"]))
        turn.answer("no code", usage={"prompt_tokens": 10, "completion_tokens": 100})
        return None

    def serves(turn: Turn, path: str) -> bool:
        turn.status(200 if path == "/v1/models" else 404, {"data": [{"id": "one"}, {"id": "two"}]})
        return True

    with chat_server(answer) as server:
        server.get = serves
        models = [{"name": name, "base_url": server.base_url, "price": "0,10"} for name in ("one", "two")]
        demo = {"name": "demo", "args": ["--limit", "6"]}
        plan = {"models": models, "benchmarks": [demo], "defaults": {"max_tokens": 100, "parallel": 2}}
        (tmp_path / "plan.yaml").write_text(json.dumps(plan))
        first = bench("batch", "plan.yaml", "--max-cost", "0.0055")
        assert (first.returncode, asked) == (1, ["one"] * 5)
        assert re.search(r"--max-cost 0\.0055 of all runs: 0\.00[45]0 dollars are spent", first.stdout)
        assert "would pass --max-cost 0.0055: 0.0050 dollars are spent" in first.stdout
        (run,) = runs_in(tmp_path)
        assert (run["status"], run["telemetry"]["cost"]) == ("failed", pytest.approx(0.005))
        again = bench("batch", "plan.yaml", "--max-cost", "1", "--retry-failed")
    assert again.returncode == 0, again.stdout
    assert (asked.count("one"), asked.count("two")) == (6, 6)
    costs = [run["telemetry"]["cost"] for run in runs_in(tmp_path)]
    assert costs == [pytest.approx(0.005), pytest.approx(0.006), pytest.approx(0.006)]
