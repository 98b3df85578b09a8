"""A night that is killed with -9 again and again, and what must be true when it has ended."""

from __future__ import annotations

import json
import random
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchkit.running.batch.state import read_state
from tests.running.batch.support import COMMAND, leftovers
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import runs_in, wait_until

NAME = "stand-in"
Asked = tuple[str, str]  # the place in the matrix, the question


def prove(turn: Turn) -> None:
    """To the runner, which wants to see that a token comes."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
    turn.status(200, {"choices": [choice], "usage": {"completion_tokens": 1}})


class Watcher:
    """Answers as a model would, and looks at each question whether its answer is journaled already."""

    def __init__(self, folder: Path) -> None:
        self.asked: Counter[Asked] = Counter()
        self.asked_again: list[Asked] = []
        self._folder = folder
        self._lock = threading.Lock()

    def __call__(self, turn: Turn) -> None:
        if not turn.body.get("stream"):
            return prove(turn)
        asked = (f"temp={turn.body['temperature']}", turn.question)
        with self._lock:
            self.asked[asked] += 1
            if asked in self.journaled():
                self.asked_again.append(asked)
        return turn.answer("I would rather not write code today", pause_s=0.005)

    def journaled(self) -> set[Asked]:
        states = read_state(self._folder / "benchmark_results.json").entries.values()
        return {
            (state.place, line["prompt"][-1]["content"])
            for state in states
            if state.model == NAME and state.folder
            for line in answers(Path(state.folder) / "answers.jsonl")
        }


@contextmanager
def watched_endpoint(folder: Path) -> Iterator[tuple[Watcher, dict[str, Any]]]:
    """A running endpoint, and its line in a plan."""
    watcher = Watcher(folder)
    with chat_server(watcher) as server:
        yield watcher, {"base_url": server.base_url, "name": NAME}


def killed_until_done(folder: Path, kills: int, longest_s: float, seed: int) -> int:
    """Start the night and kill it, so many times, then let it end; how many of the kills met it alive."""
    chance = random.Random(seed)
    met = 0
    for _ in range(kills):
        with subprocess.Popen(
            COMMAND, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        ) as night:
            try:
                night.wait(chance.uniform(0.1, longest_s))
            except subprocess.TimeoutExpired:
                night.kill()
                met += 1
    wait_until(lambda: leftovers(folder) == [])
    ended = subprocess.run(COMMAND, cwd=folder, capture_output=True, text=True, check=False, timeout=200)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return met


def assert_each_run_once(folder: Path, expected: int) -> None:
    runs = runs_in(folder)
    once = Counter(
        (run["model"], run["benchmark"], run["config"]["temperature"], *run["config"]["script_args"])
        for run in runs
    )
    assert len(once) == expected
    assert set(once.values()) == {1}
    assert {run["status"] for run in runs} == {"ok"}
    assert leftovers(folder) == []


def assert_no_answer_twice(folder: Path) -> int:
    """In no journal is a sample answered twice; how many answers there are."""
    count = 0
    for journal in folder.glob("runs/*/answers.jsonl"):
        asked = Counter((line["task_id"], line["sample"]) for line in answers(journal))
        assert set(asked.values()) == {1}
        count += len(asked)
    return count


def answers(journal: Path) -> list[dict[str, Any]]:
    """The whole lines; a kill may have cut one off."""
    lines = journal.read_text().splitlines() if journal.exists() else []
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
