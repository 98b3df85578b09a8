"""Runs to be judged, as our scripts leave them, and a judge's command in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import run_judge

needs_dspy = pytest.mark.skipif(find_spec("dspy") is None, reason="DSPy is not here: make judge brings it")
RIGHT, WRONG = "return a + b", "return a - b"


def is_right(code: str) -> bool:
    return RIGHT in code


def code_of(body: str) -> str:
    return f"def add(a, b):\n    {body}"


def write_run(folder: Path, bodies: Mapping[str, str], **further: Any) -> Path:
    """A run with an answer to each task: its body of `add`, or prose where that is empty."""
    folder.mkdir(parents=True, exist_ok=True)
    verdicts, answers = [], []
    for task, body in bodies.items():
        verdict = "passed" if is_right(body) else "wrong"
        verdicts.append({"task_id": task, "sample": 0, "verdict": verdict, "detail": ""} | further)
        response = f"Here:\n```python\n{code_of(body)}\n```" if body else "I cannot do that."
        prompt = [{"role": "user", "content": "Write add(a, b), the sum of two numbers."}]
        answers.append({"task_id": task, "sample": 0, "prompt": prompt, "response": response})
    for name, lines in (("verdicts.jsonl", verdicts), ("answers.jsonl", answers)):
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def judge(*arguments: str | Path) -> None:
    """run_judge.py with these arguments; what it raises, it raises here."""
    run_judge.command.main([*map(str, arguments)], prog_name="run_judge.py", standalone_mode=False)


def asking(base_url: str, output: Path) -> tuple[str | Path, ...]:
    return ("--base-url", base_url, "--model", "judge", "--output-dir", output)


def told(folder: Path) -> dict[str, Any]:
    """What the record of a judging run has of it."""
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())["further"]["judge"]
    return found


def rationales(folder: Path) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "rationales.jsonl").read_text().splitlines()]
    return {row["task_id"]: row for row in rows}
