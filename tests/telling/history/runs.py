"""Runs to put into a history."""

from __future__ import annotations

from typing import Any

from benchkit.records import Run, Status
from benchkit.runs import run_of

FIRST_LIST = {
    "timestamp": "2025-03-01T22:10:05",
    "benchmark": "human_eval",
    "model": "old.gguf",
    "config": {"path": "/models/old.gguf", "gpu_layers": 40},
    "results": {
        "score": 50.0,
        "time_taken": 12.5,
        "total_passed": 82,
        "total_problems": 164,
        "difficulty_scores": {},
        "failed_tasks": ["HumanEval/1"],
    },
}
"""A run with the names of the first list alone, as an older version wrote it."""


def a_run(name: str = "20260101-a", **changes: Any) -> Run:
    """A run as the runner records it."""
    facts: dict[str, Any] = {
        "id": name,
        "timestamp": "2026-01-01T10:00:00+01:00",
        "benchmark": "human_eval",
        "model": "qwen-7b",
        "status": Status.OK,
        "config": {
            "path": "/models/q.gguf",
            "gpu_layers": 40,
            "temperature": 0.0,
            "model": {"note": "größer"},
        },
        "results": {
            "score": 70.1,
            "total_passed": 115,
            "total_problems": 164,
            "failed_tasks": ["HumanEval/1"],
        },
        "telemetry": {"vram_peak_mb": 6012.3},
    }
    return run_of(**(facts | changes))
