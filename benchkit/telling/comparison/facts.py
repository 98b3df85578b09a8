"""One fact of a run, looked up where any version of the tool may have put it; None where nobody knows it."""

from __future__ import annotations

from collections.abc import Mapping

from benchkit import records
from benchkit.json_values import number, whole
from benchkit.records import Run, Status

SET_NAMES = {
    "humaneval": "HumanEval",
    "humaneval+": "HumanEval+",
    "mbpp": "MBPP",
    "mbpp+": "MBPP+",
    "human_eval": "HumanEval",
    "human_eval_plus": "HumanEval+",
    "mbpp_plus": "MBPP+",
    "lcb": "LiveCodeBench",
}

MOST = 10**12  # what is more is no count of problems


def measured(run: Run, name: str) -> float | None:
    """A number of the run, measured first, then reported, then asked for."""
    for part in (run.telemetry, run.results, run.config, run.model_file):
        value = number(part.value(name))
        if value is not None:
            return value
    return None


def count(value: int | None) -> int | None:
    """The value, where it can be a count of problems."""
    return value if value is not None and 0 <= value < MOST else None


def asked(run: Run) -> int | None:
    """How many problems were asked, those included that were lost to the server or the sandbox."""
    if run.status is Status.STOPPED and (of := whole((run.results.part or {}).get("of"))) is not None:
        return count(of)  # a race asks a part of the same problems
    total, lost = count(run.results.total_problems), (run.results.script_further or {}).get("unjudged")
    return total if total is None or not isinstance(lost, list | tuple) else total + len(lost)


def difficulties(run: Run) -> dict[str, float]:
    """Score by difficulty, the usual ones in their order first."""
    known = run.results.difficulty_scores or {}
    order = [name for name in ("easy", "medium", "hard", "expert") if name in known]
    return {name: known[name] for name in [*order, *(n for n in known if n not in order)]}


def groups(run: Run, name: str) -> dict[str, float]:
    """Score by the value of a fact of the problems, such as their language."""
    recorded = (run.results.script_further or {}).get("groups")
    known = recorded.get(name) if isinstance(recorded, Mapping) else None
    if not isinstance(known, Mapping):
        return {}
    scores = {
        str(group): number(part.get("score")) for group, part in known.items() if isinstance(part, Mapping)
    }
    return {group: score for group, score in scores.items() if score is not None}


def wh_per_solved(run: Run) -> float | None:
    energy, solved = run.telemetry.energy_wh, count(run.results.total_passed)
    if run.results.reused_answers:  # the energy of its answers was used elsewhere
        return None
    return energy / solved if energy is not None and solved else None


def cost_per_solved(run: Run) -> float | None:
    """Dollars for each problem that was solved."""
    cost, solved = run.telemetry.cost, count(run.results.total_passed)
    return cost / solved if cost is not None and solved else None


def size_gib(run: Run) -> float | None:
    size = run.model_file.size_bytes
    return size / (1 << 30) if size is not None else None


def vram_gib(run: Run) -> float | None:
    """The peak; the telemetry's MB are of 1024 x 1024 bytes."""
    peak = run.telemetry.vram_peak_mb
    return peak / 1024 if peak is not None else None


def gpu(run: Run) -> str:
    """What the speed depends on: the GPU's name, or the CPU's where there is none, and of which box."""
    machine = run.machine
    names = _names(machine.record.get("gpu") or machine.record.get("gpus"))
    names = names or (f"CPU {machine.cpu or 'unknown'}" if machine.record else "unknown")
    return f"{names} ({machine.box})" if machine.box else names


def speed_is_disturbed(run: Run) -> bool:
    """Whether other programs took so much of the processor that its speeds say nothing of the model."""
    telemetry = run.telemetry
    return records.speed_is_disturbed(telemetry.cpu_taken_by_others_percent, telemetry.cpu_pressure_percent)


def gpu_layers(run: Run) -> str | None:
    """Layers on the GPU as really taken, else as asked."""
    taken, total, asked_for = run.config.layers_offloaded, run.config.layers_total, run.config.gpu_layers
    if taken is not None:
        return f"{taken}/{total}" if total is not None else f"{taken}"
    return None if asked_for is None else str(asked_for)


def context(run: Run) -> float | None:
    """Tokens per slot as the server really gave them, else as asked."""
    really = run.config.context_per_slot
    return number(really if really is not None else run.config.context)


def set_name(run: Run) -> str:
    """The problem set's name for people."""
    name = run.problem_set.name or run.benchmark
    return SET_NAMES.get(name.lower(), name)


def _names(value: object) -> str:
    """Older records and other people's hold a list of GPUs, or one with further facts."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return str(value.get("name") or "")
    if isinstance(value, list | tuple):
        return " + ".join(name for part in value if (name := _names(part)))
    return ""
