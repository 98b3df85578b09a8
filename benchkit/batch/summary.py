"""The morning's table: every run with what it gave and what it cost, what failed, and the next command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchkit.batch.expand import Entry
from benchkit.batch.night import Night
from benchkit.batch.state import EntryState
from benchkit.files import atomic_write
from benchkit.records import Run, Status
from benchkit.statistics import wilson
from benchkit.terminal import duration

OTHERS_MB = 64.0
COLUMNS = (
    "model", "quant", "size GB", "benchmark", "settings", "score", "95%", "time", "tok/s", "VRAM MB", "Wh",
    "status",
)  # fmt: skip


def summary_path(history: Path) -> Path:
    return history.with_name(f"{history.stem}.morning.md")


def write_summary(night: Night, history: Path) -> str:
    """The summary as Markdown, written beside the history."""
    text = summary(night)
    atomic_write(summary_path(history), text + "\n")
    return text


def summary(night: Night) -> str:
    from tabulate import tabulate

    rows = [_row(entry, night) for entry in night.entries]
    parts = [headline(night), tabulate(rows, headers=COLUMNS, tablefmt="github", disable_numparse=True)]
    parts += [*_failures(night), *_remarks(night)]
    return "\n\n".join(parts)


def headline(night: Night) -> str:
    states = night.in_order()
    counts = {word: sum(state.state == word for state in states) for word in ("ok", "failed", "interrupted")}
    waiting = len(states) - sum(counts.values())
    text = f"{len(states)} runs: {counts['ok']} ran, {counts['failed']} failed"
    text += f", {counts['interrupted']} interrupted" if counts["interrupted"] else ""
    text += f", {waiting} not run" if waiting else ""
    lost = sum(state.seconds or 0.0 for state in states if state.state == Status.FAILED)
    text += f"; {duration(lost)} lost to failures" if lost else ""
    return f"{text}. Stopped early: {night.stopped}" if night.stopped else f"{text}."


def _row(entry: Entry, night: Night) -> list[str]:
    state = night.states[entry.key]
    run = night.runs.get(state.run_id or "")
    model = entry.model
    return [
        entry.settings.name or "",
        (model.quantization if model else None) or "",
        f"{model.size_bytes / 1e9:.2f}" if model else "",
        entry.settings.benchmark,
        " ".join(f"{name}={value}" for name, value in entry.sweep.items()),
        *(_figures(run) if run else [""] * 6),
        night.not_started.get(entry.key) or state.state,
    ]


def _figures(run: Run) -> list[str]:
    results, telemetry = run.results, run.telemetry
    return [
        _number(results.get("score"), "{:.1f}%"),
        _interval(results),
        duration(results["time_taken"]) if isinstance(results.get("time_taken"), int | float) else "",
        _number(telemetry.get("tokens_per_second"), "{:,.0f}"),
        _number(telemetry.get("vram_peak_mb"), "{:,.0f}"),
        _number(telemetry.get("energy_wh"), "{:.1f}"),
    ]


def _number(value: Any, form: str) -> str:
    return form.format(value) if isinstance(value, int | float) else ""


def _interval(results: Any) -> str:
    passed, total = results.get("total_passed"), results.get("total_problems")
    if not isinstance(passed, int) or not isinstance(total, int) or not total:
        return ""
    low, high = wilson(passed, total)
    return f"{low * 100:.1f}–{high * 100:.1f}"


def _failures(night: Night) -> list[str]:
    failed = [entry for entry in night.entries if night.states[entry.key].state == Status.FAILED]
    if not failed:
        return []
    lines = [f"- {night.states[entry.key].label}: {_cause(night.states[entry.key])}" for entry in failed]
    retry = "Try those again, everything else is kept: the same command with `--retry-failed`."
    return ["## What failed", "\n".join(lines), f"{retry} One alone: `{_command(failed)}`"]


def _remarks(night: Night) -> list[str]:
    """What may have spoiled a run's speed without failing it."""
    runs = [night.runs[state.run_id] for state in night.in_order() if state.run_id in night.runs]
    lines: list[str] = []
    for run in runs:
        telemetry, who = run.telemetry, f"- {run.benchmark} on {run.model}:"
        if telemetry.get("throttled"):
            lines.append(f"{who} the GPU slowed down (at most {telemetry.get('temperature_c_max')} °C)")
        if (taken := telemetry.get("vram_taken_by_others_mb") or 0) > OTHERS_MB:
            lines.append(f"{who} other programs took {taken:,.0f} MB of VRAM meanwhile")
        lines += [f"{who} {warning}" for warning in run.server.get("warnings") or ()]
    return ["## Noted", "\n".join(lines)] if lines else []


def _cause(state: EntryState) -> str:
    logs = f" (logs: {state.folder})" if state.folder else ""
    return f"{state.error}{logs}"


def _command(failed: Sequence[Entry]) -> str:
    settings = failed[0].settings
    words = ["bench_runner.py", "--benchmark", settings.benchmark, "--gpu-layers", str(settings.gpu_layers)]
    words += ["--model", str(settings.model)] if settings.model else ["--base-url", str(settings.base_url)]
    return shlex.join([*words, *settings.script_args])
