"""What a list shows of a run, for stores that keep it in columns."""

from __future__ import annotations

from dataclasses import dataclass

from benchkit.records import Run, Status
from benchkit.runs import run_of

LIST_COLUMNS = (
    *("id", "timestamp", "benchmark", "model", "status", "error"),
    *("score", "time_taken", "total_passed", "total_problems", "tokens_per_second", "vram_mb"),
)
HEAD_COLUMNS = ("id", "timestamp", "benchmark", "model", "status", "problems")


@dataclass(frozen=True)
class ModelCount:
    """How often a model was run."""

    model: str
    runs: int
    not_ok: int
    last: float  # seconds since the epoch; far before it where no run has a date


def listed_run(
    run_id: str,
    timestamp: str,
    benchmark: str,
    model: str,
    status: str,
    error: str | None,
    score: float | None,
    time_taken: float | None,
    passed: int | None,
    total: int | None,
    tokens_per_second: float | None,
    vram_mb: float | None,
) -> Run:
    """The run of the values of LIST_COLUMNS."""
    return run_of(
        id=run_id,
        timestamp=timestamp,
        benchmark=benchmark,
        model=model,
        status=Status(status),
        error=error,
        results={
            "score": score,
            "time_taken": time_taken,
            "total_passed": passed,
            "total_problems": total,
        },
        telemetry={"tokens_per_second": tokens_per_second, "vram_peak_mb": vram_mb},
    )
