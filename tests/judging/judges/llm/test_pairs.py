"""Two runs' answers beside one another, in both orders: what turns round with the order is an abstention."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.errors import UsageError
from tests.judging.judges.llm.judged_runs import (
    RIGHT,
    WRONG,
    asking,
    is_right,
    judge,
    needs_dspy,
    rationales,
    told,
    write_run,
)
from tests.stand_ins import judge as judges
from tests.stand_ins.chat_server import chat_server


def two_runs(folder: Path) -> tuple[str | Path, ...]:
    first = write_run(folder / "a", {"T/0": RIGHT, "T/1": RIGHT, "T/2": WRONG, "T/3": ""})
    second = write_run(folder / "b", {"T/0": WRONG, "T/1": RIGHT, "T/2": WRONG, "T/3": RIGHT, "T/4": RIGHT})
    return ("--run", first, "--against", second)


@needs_dspy
@pytest.mark.heavy
def test_the_better_code_wins_in_both_orders(tmp_path: Path) -> None:
    """Over the tasks to which both gave code; alike counts half, and reasons are kept."""
    with chat_server(judges.good(is_right)) as server:
        judge(*two_runs(tmp_path), *asking(server.base_url, tmp_path / "out"))
        assert len(server.bodies) == 2 * 3
        assert {body["seed"] for body in server.bodies} == {0, 1}
    result = told(tmp_path / "out")
    assert (result["pairs"], result["run"], result["against"]) == (3, "a", "b")
    assert result["points"] == pytest.approx(100 * (1 + 0.5 + 0.5) / 3, abs=0.01)
    assert result["items"]["abstentions"] == {}
    items = rationales(tmp_path / "out")["T/0"]["items"]
    assert {item["answer"] for item in items} == {"first"}
    assert items[0]["reasons"] == ["it is so", "it is so"]


@needs_dspy
@pytest.mark.heavy
def test_a_preference_that_turns_with_the_order_is_an_abstention(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted as an order flip, and never guessed."""
    with chat_server(judges.prefers_first(is_right)) as server:
        judge(*two_runs(tmp_path), *asking(server.base_url, tmp_path / "out"))
    result = told(tmp_path / "out")
    assert result["points"] is None
    assert list(result["items"]["abstentions"]) == ["order flip"]
    assert "Results: nothing was decided" in capsys.readouterr().out


@needs_dspy
def test_runs_that_share_no_task_are_refused(tmp_path: Path) -> None:
    """Before anything is asked."""
    first, second = write_run(tmp_path / "a", {"T/0": RIGHT}), write_run(tmp_path / "b", {"T/1": RIGHT})
    with pytest.raises(UsageError, match="a and b have no task to which both gave code"):
        judge("--run", first, "--against", second, *asking("http://127.0.0.1:9/v1", tmp_path / "out"))
    with pytest.raises(UsageError, match=r"--against .*: there is no such folder"):
        judge("--run", first, "--against", tmp_path / "none", *asking("http://127.0.0.1:9/v1", tmp_path))
