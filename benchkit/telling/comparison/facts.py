"""One fact of a run, looked up where any version of the tool may have put it; None where nobody knows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from benchkit.records import Run

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

MOST = 1e12  # what is more is no count of problems


def finite(value: object) -> float | None:
    """The number, where it is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def number(run: Run, name: str) -> float | None:
    """A number of the run, measured first, then reported, then asked for."""
    for place in (run.telemetry, run.results, run.config, run.model_file):
        value = finite(place.get(name))
        if value is not None:
            return value
    return None


def whole(run: Run, name: str) -> int | None:
    """A count of the run's results."""
    value = finite(run.results.get(name))
    return int(value) if value is not None and 0 <= value < MOST and value == int(value) else None


def asked(run: Run) -> int | None:
    """How many problems were asked, those included that were lost to the server or the sandbox."""
    total, lost = whole(run, "total_problems"), mapping(run.results.get("further")).get("unjudged")
    return total if total is None or not isinstance(lost, list | tuple) else total + len(lost)


def text(place: Mapping[str, Any], name: str) -> str | None:
    value = place.get(name)
    return str(value) if value not in (None, "") else None


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def score(run: Run) -> float | None:
    """In percent."""
    return finite(run.results.get("score"))


def difficulties(run: Run) -> dict[str, float]:
    """Score by difficulty, the usual three in their order first."""
    given = mapping(run.results.get("difficulty_scores"))
    known = {name: value for name, raw in given.items() if (value := finite(raw)) is not None}
    order = [name for name in ("easy", "medium", "hard") if name in known]
    return {name: known[name] for name in [*order, *(n for n in known if n not in order)]}


def counts(run: Run) -> dict[str, int]:
    """How many answers got which verdict, where the run tells."""
    given = mapping(run.results.get("counts"))
    return {name: int(count) for name, count in given.items() if finite(count) is not None}


def wh_per_solved(run: Run) -> float | None:
    energy, solved = number(run, "energy_wh"), whole(run, "total_passed")
    return energy / solved if energy is not None and solved else None


def size_gib(run: Run) -> float | None:
    size = finite(run.model_file.get("size_bytes"))
    return size / (1 << 30) if size is not None else None


def vram_gib(run: Run) -> float | None:
    """The peak; the telemetry's MB are of 1024 x 1024 bytes."""
    peak = number(run, "vram_peak_mb")
    return peak / 1024 if peak is not None else None


def quantization(run: Run) -> str | None:
    return text(run.model_file, "quantization")


def gpu(run: Run) -> str:
    """What the speed depends on: the GPU's name, or the CPU's where there is none."""
    names = _names(run.machine.get("gpu") or run.machine.get("gpus"))
    return names or f"CPU {text(run.machine, 'cpu') or 'unknown'}" if run.machine else "unknown"


def gpu_layers(run: Run) -> str | None:
    """Layers on the GPU as really taken, else as asked."""
    taken, total = finite(run.config.get("layers_offloaded")), finite(run.config.get("layers_total"))
    if taken is not None:
        return f"{taken:.0f}/{total:.0f}" if total is not None else f"{taken:.0f}"
    return text(run.config, "gpu_layers")


def context(run: Run) -> float | None:
    """Tokens per slot as the server really gave them, else as asked."""
    really = finite(run.config.get("context_per_slot"))
    return really if really is not None else finite(run.config.get("context"))


def set_name(run: Run) -> str:
    """The problem set's name for people."""
    name = text(run.problem_set, "name") or run.benchmark
    return SET_NAMES.get(name.lower(), name)


def _names(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return str(value.get("name") or "")
    if isinstance(value, list | tuple):
        return " + ".join(name for part in value if (name := _names(part)))
    return ""
