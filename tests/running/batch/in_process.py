"""A night in this very process, so that a test can reach its clock, its disk and its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchkit.running.batch.display import PlainLines
from benchkit.running.batch.expand import expand
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.loop import run_entries
from benchkit.running.batch.options import BatchOptions
from benchkit.running.batch.planfile import make_plan
from benchkit.settings import RunSettings


def night_of(folder: Path, options: dict[str, Any] | None = None, **plan: Any) -> Ledger:
    history = folder / "benchmark_results.json"
    base = RunSettings(benchmark="", history=history, runs_dir=folder / "runs")
    raw = {"defaults": {"server": "xllamacpp"}, **plan}
    ledger = Ledger(expand(make_plan(raw, "plan.yaml"), base).entries)
    with PlainLines(ledger.states) as display:
        run_entries(ledger, BatchOptions(history, **(options or {})), display)
    return ledger
