"""A run beside other programs: warned of while it lasts, and told in its record."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from benchkit.running.display import PlainDisplay
from benchkit.running.runner import execute
from benchkit.serving.telemetry import sampler
from benchkit.telling.comparison.facts import speed_is_disturbed
from tests.running.runner.plans import scored
from tests.serving.telemetry.busy import other_programs


def test_a_run_beside_busy_loops_is_warned_of_and_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The share that others took is said once on the screen and kept in the record."""
    monkeypatch.setattr(sampler, "_CONTENTION_EACH_S", 0.3)
    plan = scored(tmp_path, "mine")
    plan = replace(plan, settings=replace(plan.settings, server="xllamacpp"))
    warned = tmp_path / "warned"
    (tmp_path / "bench.py").write_text(
        f"import pathlib\nwhile not pathlib.Path({str(warned)!r}).exists(): pass\nprint('score 50.0')\n"
    )
    lines: list[str] = []

    class Watching(PlainDisplay):
        def line(self, text: str) -> None:
            lines.append(text)
            if "of the processor" in text:
                warned.touch()

    with other_programs(4):
        run = execute(plan, Watching(BytesIO(), StringIO()))
    assert run.results.score == 50.0
    assert len([line for line in lines if "other programs take" in line]) == 1
    assert (run.telemetry.cpu_taken_by_others_percent or 0) > 5
    assert speed_is_disturbed(run)
