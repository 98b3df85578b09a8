"""Whose speed stands for a run that has none: all its answers were taken from earlier ones."""

from __future__ import annotations

from benchkit.records import Run
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog

EARLIER = "†"  # behind a speed that is an earlier run's; the remarks say whose


def earlier_with_speed(catalog: Catalog, run: Run) -> Run | None:
    """The latest run of the same model and benchmark, on the same machine, that has a speed; None where the
    run has one itself, or has none because nobody measured it."""
    if run.telemetry.tokens_per_second is not None or not run.results.reused_answers:
        return None
    return next((one for one in catalog.good_runs_like(run) if _has_its_speed(one, run)), None)


def _has_its_speed(other: Run, run: Run) -> bool:
    served_alike = other.model_file.sha256 == run.model_file.sha256 and facts.gpu(other) == facts.gpu(run)
    return served_alike and other.telemetry.tokens_per_second is not None
