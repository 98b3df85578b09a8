"""The plan of a run that these tests share."""

from __future__ import annotations

from pathlib import Path

from benchkit.running.plan import PlannedRun, plan_run
from benchkit.settings import RunSettings
from tests.support import F16


def scored(folder: Path, benchmark: str) -> PlannedRun:
    """A script that prints its score, which a pattern reads; all that is written lies in the folder."""
    (folder / "bench.py").write_text("print('score 50.0')\n")
    settings = RunSettings(
        benchmark=benchmark,
        model=F16,
        script=str(folder / "bench.py"),
        score_pattern=r"score (?P<score>[\d.]+)",
        history=folder / "history.json",
        runs_dir=folder / "runs",
    )
    return plan_run(settings)
