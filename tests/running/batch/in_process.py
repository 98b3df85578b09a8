"""A night in this very process, so that a test can reach its clock, its disk and its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchkit.plan import RunSettings
from benchkit.running.batch.display import PlainLines
from benchkit.running.batch.expand import expand
from benchkit.running.batch.loop import Night, NightOptions, run_night
from benchkit.running.batch.planfile import make_plan


def night_of(folder: Path, options: dict[str, Any] | None = None, **plan: Any) -> Night:
    history = folder / "benchmark_results.json"
    base = RunSettings(benchmark="", history=history, runs_dir=folder / "runs")
    raw = {"defaults": {"server": "xllamacpp"}, **plan}
    night = Night(expand(make_plan(raw, "plan.yaml"), base).entries)
    with PlainLines(history, night.in_order) as display:
        run_night(night, NightOptions(history, **(options or {})), display)
    return night
