"""Races of LiveCodeBench and of tasks, which are asked and judged by scripts of their own."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchkit.racing import Goal
from benchkit.running.batch import race_rounds
from benchkit.running.batch.summary import summary
from tests.contest_files import row, write
from tests.running.batch.in_process import night_of
from tests.running.batch.kills import prove
from tests.running.batch.races import tell_models
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import ROOT, runs_in

PROBLEMS = 24
CLAMP = ROOT / "demo" / "tasks" / "python_easy_clamp"
Answer = Callable[[bool], str]


def raced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, benchmark: dict[str, Any], answer: Answer
) -> Counter[tuple[str, str]]:
    """How often each of two models was asked each problem that has `number N` in its text."""
    monkeypatch.setattr(race_rounds, "FIRST_ROUND_PAYS", 1e9)  # however busy the machine
    asked: Counter[tuple[str, str]] = Counter()

    def turn_of(turn: Turn) -> None:
        number = re.search(r"number (\d+)\.", json.dumps(turn.body["messages"]))
        if number is None:
            return prove(turn)
        model = str(turn.body["model"])
        asked[model, number[1]] += 1
        return turn.answer(answer(model == "strong"))

    with chat_server(turn_of) as server:
        server.get = lambda turn, path: path == "/v1/models" and tell_models(turn, ("strong", "weak"))
        models = [{"base_url": server.base_url, "name": name} for name in ("strong", "weak")]
        defaults = {"temperature": 0.0, "max_tokens": 200}
        ledger = night_of(folder, {"race": Goal()}, defaults=defaults, models=models, benchmarks=[benchmark])
    assert ledger.all_ok
    assert "still in: strong" in summary(ledger, None)
    runs = {run["model"]: run for run in runs_in(folder)}
    assert (runs["strong"]["status"], runs["weak"]["status"]) == ("ok", "stopped")
    assert {name: run["results"]["total_passed"] for name, run in runs.items()} == {
        "strong": PROBLEMS,
        "weak": 0,
    }
    return asked


def count(asked: Counter[tuple[str, str]]) -> dict[str, int]:
    assert set(asked.values()) == {1}  # nothing is asked twice
    return dict(Counter(model for model, _ in asked))


@pytest.mark.heavy
def test_livecodebench_is_raced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weak model is stopped after the first round; the other is asked all problems, each once."""
    rows = [
        row(number, "2025-01-05", question_content=f"Problem number {number}. Add one.")
        for number in range(PROBLEMS)
    ]
    path = write(tmp_path / "problems.jsonl", *rows)
    benchmark = {"name": "lcb", "args": ["--problems-file", str(path)]}
    programs = {
        right: f"```python\nprint(int(input()) + {1 if right else 2})\n```" for right in (True, False)
    }
    asked = raced(tmp_path, monkeypatch, benchmark, programs.__getitem__)
    assert count(asked) == {"strong": PROBLEMS, "weak": 8}


@pytest.mark.heavy
def test_tasks_are_raced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is with tasks, whose attempts are kept for each round."""
    for number in range(PROBLEMS):
        folder = tmp_path / "tasks" / f"python_easy_clamp_{number}"
        shutil.copytree(CLAMP, folder)
        facts = json.loads((folder / "metadata.json").read_text()) | {"id": folder.name}
        (folder / "metadata.json").write_text(json.dumps(facts))
        instructions = folder / "instructions.md"
        instructions.write_text(f"Task number {number}.\n\n{instructions.read_text()}")
    solution = (CLAMP / "solution" / "clamp.py").read_text()
    benchmark = {"name": "tasks", "args": ["--catalogue", str(tmp_path / "tasks")]}
    files = {True: solution, False: "x = 1"}
    asked = raced(tmp_path, monkeypatch, benchmark, lambda right: f"clamp.py\n```python\n{files[right]}\n```")
    assert count(asked) == {"strong": PROBLEMS, "weak": 8}
    (stopped,) = (run for run in runs_in(tmp_path) if run["model"] == "weak")
    assert len(list((Path(stopped["artifacts"]) / "attempts").iterdir())) == 8
