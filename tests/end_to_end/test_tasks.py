"""The runner and the tasks benchmark: asked, judged, recorded, shown."""

from __future__ import annotations

import json
from pathlib import Path

from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import ROOT, Bench, runs_in

CATALOGUE = ROOT / "demo" / "tasks"
TASK = "python_easy_clamp"


def solved(turn: Turn) -> None:
    """To the runner's own question, which is not streamed, any word will do."""
    if not turn.body.get("stream"):
        said = {"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
        return turn.status(200, {"choices": [said], "usage": {"completion_tokens": 1}})
    text = (CATALOGUE / TASK / "solution" / "clamp.py").read_text()
    return turn.answer(f"clamp.py\n```python\n{text}```")


def test_the_runner_asks_judges_records_and_shows_tasks(bench: Bench, tmp_path: Path) -> None:
    """From one command to a record with scores by difficulty, and `show --attempt` finds the answer."""
    flags = ["--benchmark", "tasks", "--catalogue", str(CATALOGUE), "--task", TASK]
    with chat_server(solved) as server:
        where = ["--base-url", server.base_url, "--name", "stand-in"]
        done = bench(*where, *flags)
    assert done.returncode == 0, done.stderr
    (record,) = runs_in(tmp_path)
    assert record["results"]["score"] == 100
    assert record["results"]["difficulty_scores"] == {"easy": 100}
    parts = record["results"]["further"]["parts"]
    assert (parts["quality"]["points"], parts["correctness"]["points"]) == ({TASK: 75}, {TASK: 100})
    assert record["problem_set"]["name"] == "tasks"
    latest = json.loads((tmp_path / "runs" / f"{TASK}_latest.json").read_text())
    assert latest[0]["verdict"] == "passed"
    shown = bench("show", record["id"], "--attempt", TASK)
    assert "+    return max(low, min(value, high))" in shown.stdout
