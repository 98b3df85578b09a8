"""From all that became known of a run to its line in the history."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from benchkit.contract import RunFile
from benchkit.errors import BenchError, Interrupted
from benchkit.files import real_path
from benchkit.json_values import number, whole
from benchkit.masking import Mask
from benchkit.prices import ENERGY, REPLY, Tokens
from benchkit.records import ModelFile, Results, Run, ServerFacts, Status, Telemetry
from benchkit.running.plan import PlannedRun, price_of
from benchkit.running.runner.check import values
from benchkit.running.runner.slots import Slots
from benchkit.running.runner.watch import Silence
from benchkit.runs import run_of
from benchkit.serving.servers import StopReport
from benchkit.settings import FOR_SCRIPT, recorded
from benchkit.telling.history.artifacts import json_rows

# What a script reports that says what the run cost, not how well it went.
COSTS = (
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cost",
    "cost_source",
    "cost_date",
    "tokens_per_second",
    "prompt_tokens_per_second",
    "time_to_first_token_s",
    "draft_acceptance_percent",
)
# What a script reports of how it asked.
SETTINGS = ("prompt_style", "mode", "samples_per_problem", "dataset")


@dataclass
class Findings:
    """What is known of a run so far; whatever ends the run, this much is recorded."""

    started: datetime = field(default_factory=lambda: datetime.now().astimezone())
    began: float = field(default_factory=time.monotonic)  # the same moment, whatever becomes of the clock
    began_by_files: float | None = None  # … by the clock that dates the files of the run's folder
    model: ModelFile | None = None
    facts: ServerFacts | None = None
    results: Results | None = None
    telemetry: Telemetry | None = None
    machine: Mapping[str, Any] = field(default_factory=dict)
    script_s: float | None = None
    restarts: int = 0
    cached_percent: float | None = None
    slots: Slots | None = None
    silence: Silence = field(default_factory=Silence)
    stop: StopReport | None = None
    error: BaseException | None = None


def as_run(plan: PlannedRun, findings: Findings, mask: Mask) -> Run:
    problem_set = findings.results.problem_set if findings.results else None
    return run_of(
        id=plan.id,
        timestamp=findings.started.isoformat(timespec="seconds"),
        benchmark=plan.benchmark.name,
        model=plan.name,
        status=_status(findings.error),
        error=mask.data(error_line(findings.error)),
        config=mask.data(_config(plan, findings, mask)),
        results=mask.data(_results(findings)),
        telemetry=_telemetry(plan, findings),
        problem_set=mask.data(dict(problem_set or {})),
        model_file=_model_file(findings.model),
        server=mask.data(_server(findings.facts, mask)),
        machine=findings.machine,
        artifacts=str(plan.folder),
    )


def _status(error: BaseException | None) -> Status:
    if error is None:
        return Status.OK
    return Status.INTERRUPTED if isinstance(error, Interrupted) else Status.FAILED


def error_line(error: BaseException | None) -> str | None:
    """What the record keeps of an error: its cause, then its text."""
    match error:
        case None:
            return None
        case Interrupted():
            return "interrupted"
        case BenchError():
            return str(error) if error.tells_cause else f"{error.cause}: {error}"
        case _:
            return f"{type(error).__name__}: {error}"


def _config(plan: PlannedRun, findings: Findings, mask: Mask) -> dict[str, Any]:
    settings, given = plan.settings, values(plan)
    passed_on = {
        name: value for name, value in given.items() if name not in plan.script.settings_left_out(given)
    }
    config: dict[str, Any] = recorded(settings) | {
        "path": str(real_path(settings.model)) if settings.model else None,
        "server_args": mask.words(settings.server_args),
        "script": mask.command(plan.script.source),
        "script_args": mask.words([*plan.benchmark.args, *settings.script_args]),
    }
    config |= {name: None for name in FOR_SCRIPT if name in config and name not in passed_on}
    if not plan.benchmark.served:
        config["server"] = None
    metrics = findings.results.metrics if findings.results else {}
    config |= {name: metrics[name] for name in SETTINGS if name in metrics}
    sampling = dict(metrics.get("sampling") or {})  # null: the model takes no such parameter
    config |= {name: value for name, value in sampling.items() if value is not None or name in FOR_SCRIPT}
    if findings.facts is not None:
        config["layers_offloaded"] = findings.facts.layers_offloaded
        config["layers_total"] = findings.facts.layers_total
        config["context_per_slot"] = findings.facts.context_per_slot
        config["slots"] = findings.facts.slots
        config["kv_types"] = list(findings.facts.kv_types) if findings.facts.kv_types else None
    if findings.slots is not None:
        config["slots_chosen"] = asdict(findings.slots)
    return config


def _results(findings: Findings) -> dict[str, Any]:
    results = findings.results or Results(score=None)
    reused = results.metrics.get("reused_answers")  # then its time is not that of its answers
    apart = {*COSTS, *SETTINGS, "sampling"}
    return {
        "score": results.score,
        "time_taken": None if reused else first_known(results.time_taken, findings.script_s),
        "total_passed": results.total_passed,
        "total_problems": results.total_problems,
        "difficulty_scores": dict(results.difficulty_scores),
        "failed_tasks": list(results.failed_tasks),
        **{name: value for name, value in results.metrics.items() if name not in apart},
        **({"warnings": list(results.warnings)} if results.warnings else {}),
    }


def first_known(one: float | None, other: float | None) -> float | None:
    return other if one is None else one


def _cost(plan: PlannedRun, findings: Findings, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Where the script tells none: a harness's tokens by their price, a model here by its electricity."""
    if metrics.get("cost") is not None:
        return {}
    settings, day = plan.settings, findings.started.date().isoformat()
    if findings.results is None:
        paid, source = paid_for(plan.folder / RunFile.ANSWERS)
        if paid is not None:
            return _cost_record(paid, source, day)
    prompt, completion = (whole(metrics.get(name)) for name in ("prompt_tokens", "completion_tokens"))
    if prompt is not None and completion is not None and (price := price_of(settings)) is not None:
        cost = price.cost(Tokens(prompt, completion, whole(metrics.get("cached_tokens")) or 0))
        return {} if cost is None else _cost_record(cost, price.source, day)
    energy = findings.telemetry.energy_wh if findings.telemetry else None
    if settings.price_kwh is None or energy is None or findings.results is None or settings.model is None:
        return {}
    if metrics.get("reused_answers"):
        return {}
    return _cost_record(energy / 1000 * settings.price_kwh, ENERGY, day)


def paid_for(answers: Path) -> tuple[float | None, str]:
    """Of a run that did not end: the cost of the answers it got, None if unknown, and where it is from."""
    costs: list[float | None] = []
    sources = set()
    for row in json_rows(answers):
        costs.append(number(row.get("cost")))
        sources.add(str(row.get("cost_source") or REPLY))
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None, ", ".join(sorted(sources))


def _cost_record(cost: float, source: str, day: str) -> dict[str, Any]:
    return {"cost": round(cost, 8), "cost_source": source, "cost_date": day}


def _telemetry(plan: PlannedRun, findings: Findings) -> dict[str, Any]:
    metrics = findings.results.metrics if findings.results else {}
    return {
        **asdict(findings.telemetry or Telemetry()),
        **{name: metrics.get(name) for name in COSTS},
        **_cost(plan, findings, metrics),
        "server_start_s": findings.facts.start_s if findings.facts else None,
        "model_cached_percent": findings.cached_percent,
        "script_s": findings.script_s,
        "server_restarts": findings.restarts,
        "server_silent_s": None if findings.silence.lost_s is None else round(findings.silence.lost_s, 1),
        "server_stop_s": findings.stop.seconds if findings.stop else None,
        "vram_residue_mb": findings.stop.residue_mb if findings.stop else None,
    }


def _model_file(model: ModelFile | None) -> dict[str, Any]:
    if model is None:
        return {}
    facts = asdict(model)
    return {**facts, "path": str(model.path), "parts": len(model.parts)}


def _server(facts: ServerFacts | None, mask: Mask) -> dict[str, Any]:
    return {**asdict(facts), "command": mask.words(facts.command)} if facts else {}
