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

from benchkit.errors import BenchError, UsageError
from benchkit.masking import Mask, shell_words
from benchkit.providers.names import find_remote_model
from benchkit.racing import Goal
from benchkit.records import ENDPOINT, ModelFile
from benchkit.running.batch.models import find_models
from benchkit.running.batch.planfile import Plan, PlanProblems, has_variable
from benchkit.running.batch.settings import settings_from
from benchkit.running.orders import OnLostBox
from benchkit.running.plan import PlannedRun, find_benchmark, plan_run, with_provider
from benchkit.running.runner.host import ANSWER_TOKENS
from benchkit.running.runner.stages import find_parser
from benchkit.settings import (
    BENCHMARK_PLAN_KEYS,
    MODEL_PLAN_KEYS,
    PLAN_KEYS,
    SETTINGS,
    RunSettings,
    set_by_somebody,
)

# In tables, where room is short.
SHORT = {"temperature": "temp", "gpu_layers": "layers", "cache_type": "kv", "max_tokens": "tokens"}
# Those that version 0.1.0 had are part of a run's key whatever their value; a later one only where it is set,
# or the runs of an older journal would all be new.
ALWAYS_IN_KEY = frozenset({
    "benchmark", "model", "name", "script", "script_args", "shell", "parser", "score_pattern", "score_path",
    "server", "gpu_layers", "context", "parallel", "server_args", "llama_server", "base_url", "strict",
    "temperature", "max_tokens", "answer_tokens",
})  # fmt: skip


_OF_REMOTE = ("server", "base_url", "provider", "provider_model", "key_variable")
# Runs that agree in these share a server.
_OF_SERVER = tuple(one.name for one in SETTINGS.values() if one.of_server)


@dataclass(frozen=True)
class Entry:
    """One run of the plan."""

    key: str  # the same for the same run in a later batch
    settings: RunSettings
    model: ModelFile | None
    sweep: Mapping[str, Any] = field(default_factory=dict)  # this run's place in the matrix
    own: Mapping[str, Any] = field(default_factory=dict)  # what its benchmark and its model say themselves

    @property
    def place(self) -> str:
        """What distinguishes this run from others of its model and benchmark."""
        return " ".join(f"{SHORT.get(name, name)}={_short(value)}" for name, value in self.sweep.items())

    @property
    def server_key(self) -> tuple[Any, ...]:
        """Runs that agree in it share a server; one that loads the model itself wants the GPU for itself."""
        served = find_benchmark(self.settings).served
        return (served, *(_hashable(getattr(self.settings, name)) for name in _OF_SERVER))

    def planned(self, run_id: str | None = None, folder: Path | None = None) -> PlannedRun:
        planned = plan_run(self.settings, run_id)
        return planned if folder is None else replace(planned, folder=folder)


@dataclass(frozen=True)
class Expansion:
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]  # what was left out
    race: Goal | None = None
    on_lost_box: OnLostBox | None = None


def expand(plan: Plan, base: RunSettings) -> Expansion:
    """All runs of the plan; PlanProblems lists everything that is wrong."""
    problems = list(plan.problems)
    notes: list[str] = []
    models = list(_models(plan, problems, notes))
    names = _distinct_names(models, problems)
    sweeps = _sweeps(plan.matrix)
    entries = [
        entry
        for model, name in zip(models, names, strict=True)
        for benchmark in plan.own_benchmarks.get(model.number, plan.benchmarks)
        for sweep in sweeps
        if benchmark.get("name")
        if (entry := _entry(base, _Layers(plan.defaults, benchmark, model, sweep), name, problems))
    ]
    if not entries and not problems:
        problems += ["nothing to run is left", *notes]
    if problems:
        raise PlanProblems(plan.source, problems)
    unique = {entry.key: entry for entry in _with_shared_context(entries)}
    order = {key: place for place, key in enumerate(dict.fromkeys(e.server_key for e in unique.values()))}
    ordered = sorted(unique.values(), key=lambda entry: order[entry.server_key])
    return Expansion(tuple(_with_distinct_names(ordered)), tuple(notes), plan.race, plan.on_lost_box)


@dataclass(frozen=True)
class _Model:
    number: int  # its place in the plan
    given: Mapping[str, Any]
    path: Path | None = None
    facts: ModelFile | None = None
    remote: RunSettings | None = None  # of a model that somebody else serves: where, and under what name


@dataclass(frozen=True)
class _Layers:
    """Where a run's settings come from; what comes later wins."""

    defaults: Mapping[str, Any]
    benchmark: Mapping[str, Any]
    model: _Model
    sweep: Mapping[str, Any]


def _models(plan: Plan, problems: list[str], notes: list[str]) -> Iterator[_Model]:
    for number, given in enumerate(plan.models):
        pattern = given.get("path")
        if pattern is None or _names_provider(pattern, problems):
            if (settings := _remote(given, problems)) is not None:
                yield _Model(number, {**given, "path": None, "name": settings.name}, remote=settings)
            continue
        if has_variable(pattern):
            continue  # it is not set, which is reported already
        files = find_models(pattern)
        notes += files.left_out
        if not files.files and not files.left_out:
            problems.append(f"models: {pattern} matches no GGUF file")
        for path in files.files:
            # Not resolved: the files of a split model in a cache of links stand side by side only there.
            yield _Model(number, given, path.absolute(), files.facts.get(path))


def _names_provider(pattern: str, problems: list[str]) -> bool:
    try:
        return find_remote_model(pattern) is not None
    except UsageError as error:
        problems.append(f"models: {error}")
        return False


def _remote(given: Mapping[str, Any], problems: list[str]) -> RunSettings | None:
    """Where a model is asked for that is no file; None where that is not said, which is reported."""
    said = {
        key.field: key.read(given[name])
        for name, key in MODEL_PLAN_KEYS.items()
        if given.get(name) is not None
    }
    if path := said.pop("model", None):
        said["model"] = Path(path)
    if not said.keys() & {"model", "provider", "base_url"} or not said.keys() & {"model", "name"}:
        return None
    try:
        return replace(with_provider(RunSettings(**said)), server=ENDPOINT)
    except UsageError as error:
        problems.append(f"models: {error}")
        return None


def _distinct_names(models: Sequence[_Model], problems: list[str]) -> list[str]:
    """The name that was given, else the file's, with as many of its folders as make it unique."""
    unnamed = {model.path for model in models if model.path and not model.given.get("name")}
    often = Counter(name for path in unnamed for name in _longer_and_longer(path))
    named = {(name, model.path) for model in models if (name := model.given.get("name"))}
    given = Counter(name for name, _ in named)
    problems += [
        f"models: {times} files are named {name}: give each its own name, or none"
        for name, times in given.items()
        if times > 1
    ]
    often += given
    return [model.given.get("name") or _shortest_alone(model.path, often) for model in models]


def _longer_and_longer(path: Path) -> Iterator[str]:
    """`m`, `folder/m`, `its/folder/m` and so on."""
    parts = (*path.parent.parts, path.name.removesuffix(".gguf"))
    return ("/".join(parts[-count:]) for count in range(1, len(parts) + 1))


def _shortest_alone(path: Path | None, often: Counter[str]) -> str:
    names = _longer_and_longer(path) if path else iter(())
    return next((name for name in names if often[name] == 1), "")


def _with_distinct_names(entries: Sequence[Entry]) -> Iterator[Entry]:
    """A model or a benchmark may be in the plan twice: rows that would look the same show what differs."""
    often = Counter((entry.settings.name, entry.settings.benchmark, entry.place) for entry in entries)
    for entry in entries:
        alike = often[entry.settings.name, entry.settings.benchmark, entry.place]
        yield replace(entry, sweep={**entry.own, **entry.sweep}) if alike > 1 else entry


def _sweeps(matrix: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(matrix, values, strict=True)) for values in itertools.product(*matrix.values())]


def _entry(base: RunSettings, layers: _Layers, name: str, problems: list[str]) -> Entry | None:
    try:
        settings = replace(base, **_all_settings(layers, name))
        find_parser(plan_run(settings))
    except BenchError as error:
        problems.append(str(error))
        return None
    given = {**layers.benchmark, **layers.model.given}
    own = {key: value for key, value in given.items() if key in PLAN_KEYS}
    return Entry(_key(settings), settings, layers.model.facts, layers.sweep, own)


def _all_settings(layers: _Layers, name: str) -> dict[str, Any]:
    benchmark, model = layers.benchmark, layers.model
    settings = settings_from(layers.defaults, benchmark, model.given, layers.sweep)
    settings |= {key.field: benchmark[name] for name, key in BENCHMARK_PLAN_KEYS.items() if name in benchmark}
    settings |= {"name": name}
    if model.remote is not None:
        return settings | {one: getattr(model.remote, one) for one in _OF_REMOTE}
    return {**settings, "model": model.path}


def _with_shared_context(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Where nobody names a context, one that fits the longest answer of the model's benchmarks serves all."""
    longest: dict[Path | None, int] = {}
    for entry in entries:
        model = entry.settings.model
        longest[model] = max(longest.get(model, 0), entry.settings.max_tokens or ANSWER_TOKENS)
    for entry in entries:
        budget = longest[entry.settings.model]
        yield replace(entry, settings=replace(entry.settings, answer_tokens=budget))


def _key(settings: RunSettings) -> str:
    """What is measured, in a few letters: the model's file as it is now, the benchmark, all that matters."""
    facts = {name: _hashable(value) for name, value in vars(settings).items() if name in ALWAYS_IN_KEY}
    facts |= {
        name: _hashable(value)
        for name, value in set_by_somebody(settings).items()
        if SETTINGS[name].measured and name not in ALWAYS_IN_KEY
    }
    if settings.model is not None:
        status = settings.model.stat()
        # A file's name may change with what else is in the plan.
        facts |= {"file": [status.st_size, status.st_mtime_ns], "name": None}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def race_key(entry: Entry) -> str:
    """The same for runs that differ in nothing but the model and its server: these may race."""
    facts = {
        name: _hashable(value)
        for name, value in vars(entry.settings).items()
        if name in SETTINGS and SETTINGS[name].measured and not SETTINGS[name].of_server
    }
    facts |= {"place": {name: value for name, value in entry.sweep.items() if name not in entry.own}}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _short(value: Any) -> str:
    words = [str(word) for word in value] if isinstance(value, list) else shell_words(str(value))
    return ",".join(Mask(words).words(words))


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
