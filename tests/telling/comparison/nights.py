"""Made-up runs and histories, with and without the files that a real run leaves behind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchkit.records import Run, Status
from benchkit.run_parts import PARTS, part_as_record, read_part
from benchkit.runs import run_of
from benchkit.telling.comparison.outcomes import Outcomes
from benchkit.telling.comparison.selection import Contestant, Section
from benchkit.telling.history import open_store

HISTORY = "benchmark_results.json"
TWENTY = [f"HumanEval/{number}" for number in range(20)]


def a_run(model: str = "A", failed: Sequence[int] = (), total: int = 164, **changes: Any) -> Run:
    """A good run whose problems are numbered, with everything known that a real one knows."""
    tasks = [f"HumanEval/{number}" for number in failed]
    passed = total - len(tasks)
    run = run_of(
        id=f"run-{model}",
        timestamp="2026-11-20T01:00:00+01:00",
        benchmark="human_eval_plus",
        model=model,
        status=Status.OK,
        config={
            "path": f"/models/{model}.gguf",
            "gpu_layers": 40,
            "temperature": 0.0,
            "max_tokens": 1000,
            "prompt_style": "plain",
            "mode": "chat",
            "script": "run_eval.py",
            "script_args": ["--dataset", "humaneval+"],
            "context_per_slot": 4096,
        },
        results={
            "score": 100 * passed / total,
            "time_taken": 123.4,
            "total_passed": passed,
            "total_problems": total,
            "difficulty_scores": {},
            "failed_tasks": tasks,
            "counts": {"passed": passed, "wrong": len(tasks)},
        },
        telemetry={"vram_peak_mb": 8192.0, "energy_wh": 11.5, "tokens_per_second": 60.0},
        problem_set={"name": "humaneval+", "version": "v0.1.10", "sha256": "ab" * 32},
        model_file={"quantization": "Q4_K_M", "size_bytes": 5 * (1 << 30), "sha256": model},
        machine={"gpu": "RTX 3090", "driver": "570", "cpu": "Ryzen"},
    )
    return changed(run, **changes)


def run_with_parts(
    model: str,
    *,
    seconds: float = 1.0,
    quality: float = 75.0,
    efficiency: float | None = 90.0,
    passed: int = 20,
    **changes: Any,
) -> Run:
    """A run whose values scatter a little from problem to problem."""
    points = {task: quality + number % 3 for number, task in enumerate(TWENTY[:passed])}
    efficient = {task: efficiency or 0 for task in TWENTY[:passed]}
    told = {
        "speed": {"seconds": {task: seconds * (1 + number % 4 / 10) for number, task in enumerate(TWENTY)}},
        "quality": {"points": points, "method": "rule 1, ruff 1"},
        "efficiency": {"why": "not measured: --efficiency measures it"}
        if efficiency is None
        else {"points": efficient, "method": "clock"},
    }
    results = {"further": {"parts": told}}
    return changed(a_run(model, range(passed, 20), 20, results=results), **changes)


def changed(run: Run, **changes: Any) -> Run:
    """Top-level fields are replaced; mappings are merged into those that are there."""
    merged = {name: _merged(run, name, value) for name, value in changes.items()}
    return replace(run, **merged)


def _merged(run: Run, name: str, value: Any) -> Any:
    if name not in PARTS:
        return value
    kept = part_as_record(getattr(run, name)) if name not in ("model_file", "server", "machine") else {}
    return read_part(PARTS[name], kept | value)


def worked_example() -> tuple[Run, Run]:
    """115 and 124 of 164 solved; 17 fixed, 8 broken."""
    before = a_run("A", failed=range(49))
    after = a_run("B", failed=[*range(17, 49), *range(100, 108)])
    return before, after


def a_history(folder: Path, *runs: Run) -> Path:
    path = folder / HISTORY
    for run in runs:
        open_store(path).append(run)
    return path


def with_files(
    folder: Path, run: Run, verdicts: Sequence[tuple[str, str]], answers: Mapping[str, str] | None = None
) -> Run:
    """The run with a folder of its own: its verdicts, one a sample, and what the model said."""
    place = folder / "runs" / run.id
    place.mkdir(parents=True)
    samples: dict[str, int] = {}
    rows = []
    for task, verdict in verdicts:
        samples[task] = samples.get(task, -1) + 1
        rows.append(
            {"task_id": task, "sample": samples[task], "verdict": verdict, "detail": "", "seconds": 0.1}
        )
    (place / "verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = [{"task_id": task, "sample": 0, "response": text} for task, text in (answers or {}).items()]
    (place / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    return replace(run, artifacts=f"runs/{run.id}")


def a_contestant(name: str, failed: Sequence[int], total: int = 164, **changes: Any) -> Contestant:
    """Built without files, from the list of failed tasks."""
    run = a_run(name, failed, total, **changes)
    shares = dict.fromkeys((f"HumanEval/{number}" for number in failed), 0.0)
    passed = total - len(shares)
    return Contestant(name, (run,), Outcomes(100 * passed / total, passed, total, shares, passed))


def a_section(*contestants: Contestant) -> Section:
    return Section("HumanEval+", contestants)
