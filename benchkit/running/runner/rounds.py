"""A run that is done in several starts, each with more problems: one record of all that they cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchkit.contract import RunFile
from benchkit.errors import HistoryError
from benchkit.json_values import number
from benchkit.records import Run, Status
from benchkit.run_parts import RunTelemetry
from benchkit.running.plan import PlannedRun
from benchkit.telling.history.record import from_record


def is_whole(plan: PlannedRun, run: Run) -> bool:
    """Whether the run goes into the history now: all that is not a good part of one that goes on later."""
    if plan.part is None or plan.part.first is None or run.status is not Status.OK:
        return True
    part = run.results.part or {}
    return not part or part.get("asked") == part.get("of")


def read_rounds_so_far(folder: Path) -> Run | None:
    """The run as the latest start left it."""
    with suppress(OSError, ValueError, HistoryError):
        return from_record(json.loads((folder / RunFile.RECORD).read_bytes()))
    return None


def with_former_rounds(run: Run, folder: Path) -> Run:
    """What the earlier starts cost is added: the answers that they brought are part of the result."""
    asked = (run.results.part or {}).get("asked", run.results.total_problems)
    now = {
        "asked": asked,
        "server_start_s": run.telemetry.server_start_s,
        "model_cached_percent": run.telemetry.model_cached_percent,
        "script_s": run.telemetry.script_s,
        "generation_s": number(run.results.value("generation_s")),  # of all answers so far
    }
    former = read_rounds_so_far(folder)
    if former is None or former.telemetry.rounds is None:
        return replace(run, telemetry=replace(run.telemetry, rounds=(now,)))
    return replace(run, telemetry=_joined(former.telemetry, run.telemetry, now))


def _joined(former: RunTelemetry, latest: RunTelemetry, now: Mapping[str, Any]) -> RunTelemetry:
    joined: dict[str, Any] = {
        name: combine([value for part in (former, latest) if (value := number(part.value(name))) is not None])
        for name, combine in _COMBINE.items()
    }
    return replace(latest, rounds=(*(former.rounds or ()), now), **joined)


def _sum(values: list[float]) -> float | None:
    return round(sum(values), 6) if values else None


def _max(values: list[float]) -> float | None:
    return max(values, default=None)


_COMBINE: Mapping[str, Callable[[list[float]], float | None]] = {
    **dict.fromkeys(("energy_wh", "energy_above_idle_wh", "script_s", "server_silent_s"), _sum),
    **dict.fromkeys(("vram_peak_mb", "ram_peak_mb", "temperature_c_max"), _max),
    **dict.fromkeys(("cpu_taken_by_others_percent", "cpu_pressure_percent", "vram_taken_by_others_mb"), _max),
}
