"""A race with scripted strengths: an endpoint that knows which model solves which problem."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.running.batch.kills import prove
from tests.stand_ins.chat_server import Turn, chat_server

Solves = Mapping[str, frozenset[int]]
"""Model -> the numbers of the problems that it solves."""


def write_problems(path: Path, count: int) -> Path:
    """Problems as easy as can be, in HumanEval's form."""
    rows = [
        {
            "task_id": f"Add/{number}",
            "prompt": f'def add_{number}(x):\n    """Return x + {number}."""\n',
            "entry_point": f"add_{number}",
            "canonical_solution": f"    return x + {number}\n",
            "test": f"def check(candidate):\n    assert candidate(1) == {number + 1}\n",
        }
        for number in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


class Scripted:
    """Answers rightly what a model is to solve, and counts what it was asked."""

    pause_s = 0.0  # after each word

    def __init__(self, solves: Solves) -> None:
        self.solves = dict(solves)
        self.asked: Counter[tuple[str, int]] = Counter()
        self.at_once: set[frozenset[str]] = set()  # models that were asked at the same time
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, turn: Turn) -> None:
        found = re.search(r"add_(\d+)", json.dumps(turn.body.get("messages", "")))
        if not turn.body.get("stream") or found is None:
            return prove(turn)
        model, number = str(turn.body["model"]), int(found[1])
        with self._lock:
            self.asked[model, number] += 1
            self._under_way[model] += 1
            self.at_once.add(frozenset(+self._under_way))
        right = number if number in self.solves[model] else number + 1
        turn.answer(f"```python\ndef add_{number}(x):\n    return x + {right}\n```", pause_s=self.pause_s)
        with self._lock:
            self._under_way[model] -= 1
        return None

    def count(self, model: str) -> int:
        return sum(times for (name, _), times in self.asked.items() if name == model)


@contextmanager
def scripted_endpoint(
    solves: Solves, kind: type[Scripted] = Scripted
) -> Iterator[tuple[Scripted, list[dict[str, Any]]]]:
    """The endpoint, and its models as a plan names them."""
    scripted = kind(solves)
    with chat_server(scripted) as server:
        server.get = lambda turn, path: path == "/v1/models" and tell_models(turn, solves)
        yield scripted, [{"base_url": server.base_url, "name": name} for name in solves]


def tell_models(turn: Turn, names: Iterable[str]) -> bool:
    turn.status(200, {"data": [{"id": name} for name in names]})
    return True


def racing_plan(folder: Path, models: list[dict[str, Any]], count: int, **further: Any) -> dict[str, Any]:
    problems = write_problems(folder / "problems.jsonl", count)
    benchmark = {"name": "human_eval", "args": ["--problems-file", str(problems)]}
    defaults = {"temperature": 0.0, "max_tokens": 100}
    return {"defaults": defaults, "models": models, "benchmarks": [benchmark], **further}
