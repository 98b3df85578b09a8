"""What answers cost, and the limit that is never passed: against a stand-in that tells tokens, or costs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import run_eval
from benchkit.asking.client.costs import Purse, with_cost
from benchkit.asking.script import Answer, Question
from benchkit.asking.script.base import Prompt
from benchkit.errors import CostLimit, UsageError
from benchkit.prices import GivenPrice
from benchkit.spending import Spending, end_run, read_spent, start_spending
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import ROOT

QUESTION = Question("t/0", 0, Prompt(({"role": "user", "content": "x" * 36},)))
PRICE = GivenPrice(1.0, 10.0)  # of the dearest answer to QUESTION with 90 tokens: 0.001
TOKENS = 90


def _answer(**facts: Any) -> Answer:
    return Answer(response="x", finish_reason="stop", **facts)


def _asked(purse: Purse, answer: Answer) -> Answer:
    return purse.ask(QUESTION, lambda: answer)


def test_a_reply_that_tells_its_cost_is_believed_before_any_price() -> None:
    """A price fills in only what it does not tell; unknown tokens are an unknown cost."""
    assert with_cost(_answer(cost=0.5, prompt_tokens=1, completion_tokens=1), PRICE).cost == 0.5
    priced = with_cost(_answer(prompt_tokens=1000, completion_tokens=100), PRICE)
    assert priced.cost == pytest.approx(0.002)
    assert priced.cost_source == "--price"
    assert with_cost(_answer(prompt_tokens=1000), PRICE).cost is None
    assert with_cost(_answer(prompt_tokens=1000, completion_tokens=100), None).cost is None
    assert with_cost(Answer(failure="500", prompt_tokens=1, completion_tokens=1), PRICE).cost is None


def test_the_limit_counts_what_is_under_way() -> None:
    """A third answer that could pass it is not asked for while two are; one of them is cheap, and it is."""
    purse = Purse(0.0025, PRICE, TOKENS)
    release, under_way = threading.Event(), threading.Barrier(3)

    def slow() -> Answer:
        under_way.wait(120)
        release.wait(120)
        return _answer(cost=0.0001)

    askers = [threading.Thread(target=purse.ask, args=(QUESTION, slow)) for _ in range(2)]
    for asker in askers:
        asker.start()
    under_way.wait(120)
    with pytest.raises(CostLimit, match=r"^--max-cost 0.0025: 0.00 dollars are spent, .* cost 0.0030 more"):
        _asked(purse, _answer())
    release.set()
    for asker in askers:
        asker.join()
    assert _asked(purse, _answer(cost=0.001)).cost == 0.001


def test_an_answer_of_unknown_cost_counts_with_the_most_it_can_be() -> None:
    """A request that failed brought nothing and counts nothing."""
    purse = Purse(0.0025, PRICE, TOKENS)
    _asked(purse, Answer(failure="busy"))
    _asked(purse, _answer())
    _asked(purse, _answer())
    with pytest.raises(CostLimit, match=r"0\.0020 dollars are spent"):
        _asked(purse, _answer())


def test_runs_of_a_batch_share_one_limit(tmp_path: Path) -> None:
    """Each counts what the others spent and have under way; a run that is over has nothing under way."""
    path = tmp_path / "spending.json"
    start_spending(path, 0.0035, {"old": 0.001})
    one, other = (Purse(None, PRICE, TOKENS, Spending(path, name)) for name in ("one", "other"))
    _asked(one, _answer(cost=0.0005))
    _asked(other, _answer(cost=0.001))
    Spending(path, "killed").take(0.001)
    with pytest.raises(CostLimit, match=r"--max-cost 0.0035 of all runs: 0.0025 dollars are spent"):
        _asked(other, _answer())
    assert end_run(path, "killed") == pytest.approx(0.001)
    _asked(other, _answer(cost=0.001))
    assert read_spent(path) == {"old": 0.001, "one": 0.0005, "other": pytest.approx(0.002)}


def _run(
    folder: Path, do: Callable[[Turn], None], *flags: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """run_eval.py in this process: its summary and its answers."""
    with chat_server(do) as server:
        words = ["--base-url", server.base_url, "--model", "m", "--output-dir", str(folder)]
        problems = ["--problems-file", str(ROOT / "demo" / "problems.jsonl"), "--workers", "1"]
        run_eval.command.main([*words, *problems, *flags], "run_eval.py", standalone_mode=False)
    answers = (folder / "answers.jsonl").read_text().splitlines()
    return json.loads((folder / "summary.json").read_text()), [json.loads(line) for line in answers]


def _with_usage(**usage: Any) -> Callable[[Turn], None]:
    return lambda turn: turn.answer(
        "no code", usage={"prompt_tokens": 1000, "completion_tokens": 100, **usage}
    )


def test_a_summary_tells_tokens_cost_source_and_day(tmp_path: Path) -> None:
    """The reply's own cost; tokens of the cache and of thoughts beside it."""
    details = {
        "prompt_tokens_details": {"cached_tokens": 600},
        "completion_tokens_details": {"reasoning_tokens": 7},
    }
    summary, _ = _run(tmp_path, _with_usage(cost=0.25, **details), "--limit", "2")
    told = {name: summary[name] for name in ("prompt_tokens", "cached_tokens", "reasoning_tokens", "cost")}
    assert told == {"prompt_tokens": 2000, "cached_tokens": 1200, "reasoning_tokens": 14, "cost": 0.5}
    assert summary["cost_source"] == "reply"
    assert len(summary["cost_date"]) == 10


def test_a_price_makes_a_cost_and_without_one_it_is_unknown(tmp_path: Path) -> None:
    """Unknown is null, never 0."""
    summary, answers = _run(tmp_path / "priced", _with_usage(), "--limit", "1", "--price", "1,10")
    assert (summary["cost"], summary["cost_source"]) == (pytest.approx(0.002), "--price")
    assert answers[0]["cost_source"] == "--price"
    summary, _ = _run(tmp_path / "unknown", _with_usage(), "--limit", "1")
    assert (summary["cost"], summary["cost_source"], summary["cost_date"]) == (None, None, None)


def test_a_run_stops_before_its_limit_and_goes_on_with_a_higher_one(tmp_path: Path) -> None:
    """What is under way is waited for and kept; no answer is paid for twice."""
    flags = ("--price", "0,10", "--max-tokens", "100", "--parallel", "2")  # 0.001 an answer
    with pytest.raises(CostLimit, match=r"--max-cost 0.0035: 0.00[23]0 dollars are spent"):
        _run(tmp_path, _with_usage(), *flags, "--max-cost", "0.0035")
    kept = len((tmp_path / "answers.jsonl").read_text().splitlines())
    assert kept == 3
    total = len((ROOT / "demo" / "problems.jsonl").read_text().splitlines())
    summary, answers = _run(tmp_path, _with_usage(), *flags, "--max-cost", "1")
    assert (len(answers), summary["cost"]) == (total, pytest.approx(0.001 * total))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--max-cost", "1"), "--max-cost needs the price of m, which nobody knows: add --price IN,OUT"),
        (("--price", "cheap"), "price 'cheap': give dollars for a million tokens"),
    ],
)
def test_a_limit_without_a_price_is_refused_before_anything_is_asked(
    flags: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can keep within a sum who does not know the price."""
    asked: list[Turn] = []
    monkeypatch.setattr("benchkit.prices.is_own_network", lambda _host: False)
    with pytest.raises(UsageError, match=said):
        _run(tmp_path, asked.append, *flags)
    assert asked == []
