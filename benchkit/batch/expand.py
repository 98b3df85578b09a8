"""From a plan to its runs: models x benchmarks x matrix, in the order in which servers are shared."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchkit.batch.models import Found, find_models
from benchkit.batch.planfile import SETTINGS, Plan, PlanProblems
from benchkit.errors import BenchError
from benchkit.plan import PlannedRun, RunSettings, plan_run
from benchkit.records import ModelFile

# Settings that make another server of it; runs that agree in them share one.
OF_THE_SERVER = (
    "model", "name", "server", "gpu_layers", "context", "parallel", "server_args", "llama_server", "base_url",
    "start_timeout_s", "strict",
)  # fmt: skip
OF_THE_BENCHMARK = ("script", "parser", "score_pattern", "score_path")
# Settings that do not change what a run measures: a run that differs only here is the same run.
OF_NO_MATTER = ("history", "runs_dir", "timeout_s", "start_timeout_s", "restarts")


@dataclass(frozen=True)
class Entry:
    """One run of the plan."""

    key: str  # the same for the same run in a later night
    settings: RunSettings
    model: ModelFile | None
    sweep: Mapping[str, Any] = field(default_factory=dict)  # this run's place in the matrix

    @property
    def server_key(self) -> tuple[Any, ...]:
        return tuple(_hashable(getattr(self.settings, name)) for name in OF_THE_SERVER)

    def planned(self, run_id: str | None = None, folder: Path | None = None) -> PlannedRun:
        planned = plan_run(self.settings, run_id)
        return planned if folder is None else replace(planned, folder=folder)


@dataclass(frozen=True)
class Expansion:
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]  # what was left out


def expand(plan: Plan, base: RunSettings) -> Expansion:
    """All runs of the plan; PlanProblems tells everything that is wrong at once."""
    problems: list[str] = []
    notes: list[str] = []
    entries: list[Entry] = []
    models = list(_models(plan, problems, notes))
    names = _distinct_names([(model, path) for _, model, path, _ in models])
    for (number, model, path, facts), name in zip(models, names, strict=True):
        for benchmark in plan.own_benchmarks.get(number, plan.benchmarks):
            for sweep in _sweeps(plan.matrix):
                given = {**plan.defaults, **benchmark, **model, **sweep, "name": name}
                entry = _entry(base, given, benchmark, path, facts, sweep, problems)
                entries += [entry] if entry else []
    if problems:
        raise PlanProblems(plan.source, problems)
    unique = {entry.key: entry for entry in _with_shared_context(entries)}
    order = {key: place for place, key in enumerate(dict.fromkeys(e.server_key for e in unique.values()))}
    return Expansion(tuple(sorted(unique.values(), key=lambda e: order[e.server_key])), tuple(notes))


_Model = tuple[int, Mapping[str, Any], Path | None, ModelFile | None]


def _models(plan: Plan, problems: list[str], notes: list[str]) -> Iterator[_Model]:
    for number, model in enumerate(plan.models):
        pattern = model.get("path")
        if pattern is None and not (model.get("base_url") and model.get("name")):
            problems.append(f"models: {dict(model)} needs a path, or base_url and name")
        elif pattern is None:
            yield number, model, None, None
        else:
            found = find_models(str(pattern))
            notes += found.left_out
            problems += _nothing(str(pattern), found)
            for path in found.files:
                yield number, model, path, found.facts.get(path)


def _nothing(pattern: str, found: Found) -> list[str]:
    return [] if found.files or found.left_out else [f"models: {pattern} matches no GGUF file"]


def _distinct_names(models: Sequence[tuple[Mapping[str, Any], Path | None]]) -> list[str]:
    """The file's name, or with its folder's where two files have the same."""
    plain = [str(model.get("name") or _stem(path)) for model, path in models]
    often = Counter(plain)
    return [
        f"{path.parent.name}/{name}" if path and often[name] > 1 else name
        for name, (_, path) in zip(plain, models, strict=True)
    ]


def _stem(path: Path | None) -> str:
    return path.name.removesuffix(".gguf") if path else ""


def _sweeps(matrix: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(matrix, values, strict=True)) for values in itertools.product(*matrix.values())]


def _entry(
    base: RunSettings,
    given: Mapping[str, Any],
    benchmark: Mapping[str, Any],
    path: Path | None,
    facts: ModelFile | None,
    sweep: Mapping[str, Any],
    problems: list[str],
) -> Entry | None:
    try:
        settings = replace(base, **_all_settings(given, benchmark, path))
        plan_run(settings)
    except (BenchError, ValueError) as error:
        problems.append(f"{given['name']}: {error}")
        return None
    return Entry(_key(settings), settings, facts, sweep)


def _all_settings(
    given: Mapping[str, Any], benchmark: Mapping[str, Any], path: Path | None
) -> dict[str, Any]:
    settings = {key: benchmark[key] for key in OF_THE_BENCHMARK if key in benchmark}
    settings |= {"benchmark": str(benchmark.get("name", "")), "name": str(given["name"])}
    if path is None:
        settings |= {"server": "endpoint", "base_url": given["base_url"]}
    else:
        settings |= {"model": path.resolve()}
    return {**settings, **settings_from(given)}


def settings_from(given: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's values as RunSettings takes them; ValueError names the one that is of the wrong kind."""
    settings: dict[str, Any] = {}
    for name, value in given.items():
        if name in SETTINGS and name != "cache_type" and value is not None:
            settings[SETTINGS[name]] = _converted(name, value)
    if given.get("cache_type"):
        kind = str(given["cache_type"])
        types = ("--cache-type-k", kind, "--cache-type-v", kind)
        settings["server_args"] = (*settings.get("server_args", ()), *types)
    return settings


def _converted(name: str, value: Any) -> Any:
    kind = _KINDS[name]
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {value!r} does not fit") from None


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(str(word) for word in value)


def _layers(value: Any) -> int | str:
    if value in ("auto", "all"):
        return str(value)
    if int(value) < 0:
        raise ValueError(value)
    return int(value)


def _positive(value: Any) -> int:
    if int(value) < 1:
        raise ValueError(value)
    return int(value)


_KINDS: Mapping[str, Any] = {
    "gpu_layers": _layers,
    "context": _positive,
    "parallel": _positive,
    "server": str,
    "server_args": _words,
    "llama_server": Path,
    "start_timeout": float,
    "strict": bool,
    "restarts": int,
    "temperature": float,
    "max_tokens": _positive,
    "timeout": float,
    "args": _words,
}


def _with_shared_context(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Where nobody names a context, one that fits the longest answer of the model's benchmarks serves all."""
    longest: dict[Path | None, int] = {}
    for entry in entries:
        model = entry.settings.model
        longest[model] = max(longest.get(model, 0), entry.settings.max_tokens or 0)
    for entry in entries:
        budget = longest[entry.settings.model] or None
        yield replace(entry, settings=replace(entry.settings, answer_tokens=budget))


def _key(settings: RunSettings) -> str:
    """What is measured, in a few letters: the model's file as it is now, the benchmark, all that matters."""
    facts = {name: _hashable(value) for name, value in vars(settings).items() if name not in OF_NO_MATTER}
    if settings.model is not None and settings.model.exists():
        status = settings.model.stat()
        facts["file"] = [status.st_size, status.st_mtime_ns]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
