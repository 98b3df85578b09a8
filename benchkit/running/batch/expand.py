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

from benchkit.contract import JudgeRun
from benchkit.errors import BenchError
from benchkit.masking import Mask, shell_words
from benchkit.racing import Goal
from benchkit.records import ModelFile
from benchkit.running.batch.plan_models import PlanModel, distinct_names, find_plan_models, where_served
from benchkit.running.batch.planfile import JUDGE, Plan, PlanProblems
from benchkit.running.batch.settings import settings_from
from benchkit.running.judging import NOTHING_JUDGED, family_warning, judge_settings, why_unreadable
from benchkit.running.orders import OnLostBox
from benchkit.running.plan import PlannedRun, find_benchmark, plan_run
from benchkit.running.runner.host import ANSWER_TOKENS
from benchkit.running.runner.stages import find_parser
from benchkit.settings import (
    BENCHMARK_PLAN_KEYS,
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


# Runs that agree in these share a server.
_OF_SERVER = tuple(one.name for one in SETTINGS.values() if one.of_server)


SHARED_WITH_JUDGE = ("server", "gpu_layers", "llama_server")
"""Of the plan's defaults what holds for a judge, too: how models are served here, not how they are asked."""


@dataclass(frozen=True)
class Entry:
    """One run of the plan."""

    key: str  # the same for the same run in a later batch
    settings: RunSettings
    model: ModelFile | None
    sweep: Mapping[str, Any] = field(default_factory=dict)  # this run's place in the matrix
    own: Mapping[str, Any] = field(default_factory=dict)  # what its benchmark and its model say themselves
    judge: Mapping[str, Any] | None = None  # of its answers, as a model of the plan
    judged: Entry | None = None  # whose answers are judged, where this entry is a judge's

    @property
    def place(self) -> str:
        """What distinguishes this run from others of its model and benchmark."""
        if self.judged is not None:
            of = self.judged
            return f"of {of.settings.benchmark} on {of.settings.name} {of.place}".rstrip()
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
    models = list(find_plan_models(plan.models, "models", problems, notes))
    names = distinct_names(models, problems)
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
    unique = {entry.key: entry for entry in _with_shared_context(entries)}
    runs = list(_with_distinct_names(by_server(list(unique.values()))))
    judgings = list(_judgings(runs, plan.defaults, base, problems, notes))
    if problems:
        raise PlanProblems(plan.source, problems)
    notes = list(dict.fromkeys(notes))
    return Expansion((*runs, *by_server(judgings)), tuple(notes), plan.race, plan.on_lost_box)


def by_server(entries: Sequence[Entry]) -> list[Entry]:
    """Those that share a server side by side, in the order in which the servers are first needed."""
    order = {key: place for place, key in enumerate(dict.fromkeys(entry.server_key for entry in entries))}
    return sorted(entries, key=lambda entry: order[entry.server_key])


@dataclass(frozen=True)
class _Layers:
    """Where a run's settings come from; what comes later wins."""

    defaults: Mapping[str, Any]
    benchmark: Mapping[str, Any]
    model: PlanModel
    sweep: Mapping[str, Any]


def _with_distinct_names(entries: Sequence[Entry]) -> Iterator[Entry]:
    """A model or a benchmark may be in the plan twice: rows that would look the same show what differs."""
    often = Counter((entry.settings.name, entry.settings.benchmark, entry.place) for entry in entries)
    for entry in entries:
        alike = often[entry.settings.name, entry.settings.benchmark, entry.place]
        yield replace(entry, sweep={**entry.own, **entry.sweep}) if alike > 1 else entry


def _judgings(
    runs: Sequence[Entry],
    defaults: Mapping[str, Any],
    base: RunSettings,
    problems: list[str],
    notes: list[str],
) -> Iterator[Entry]:
    """An entry for each run that is to be judged; the folder of its answers is known when it is over."""
    judges: dict[str, tuple[RunSettings, ModelFile | None] | None] = {}  # by what the plan says of them
    for entry in runs:
        if not isinstance(entry.judge, Mapping):  # none, or reported already
            continue
        benchmark = entry.settings.benchmark
        if why := why_unreadable(benchmark, ours=entry.planned().script.ours):
            notes.append(f"{benchmark} is not judged: {why}")
            continue
        said = repr(sorted(entry.judge.items(), key=str))
        if said not in judges:
            judges[said] = _judge(entry.judge, defaults, base, problems, notes)
        if (judge := judges[said]) is not None:
            settings, facts = judge
            if warning := family_warning(settings.name or "", entry.settings.name or ""):
                notes.append(warning)
            key = hashlib.sha256(f"{entry_key(settings)} {entry.key}".encode()).hexdigest()[:16]
            yield Entry(key, settings, facts, judged=entry)


def _judge(
    given: Mapping[str, Any],
    defaults: Mapping[str, Any],
    base: RunSettings,
    problems: list[str],
    notes: list[str],
) -> tuple[RunSettings, ModelFile | None] | None:
    """The settings of a judging run but for the run that it judges; None where something is wrong with it."""
    before = len(problems)
    found = list(find_plan_models([given], JUDGE, problems, notes))
    if len(found) != 1 and len(problems) == before:
        many = f"matches {len(found)} files: name one" if found else "is no model that can judge"
        problems.append(f"{JUDGE}: {given.get('path') or given.get('name')} {many}")
    if len(found) != 1:
        return None
    (model,) = found
    shared = {name: value for name, value in defaults.items() if name in SHARED_WITH_JUDGE}
    asked = settings_from(shared, given) | where_served(model)
    (name,) = distinct_names(found, problems)
    settings = replace(base, **asked, benchmark=JudgeRun.CODE, name=name)
    settings = judge_settings(settings, JudgeRun.CODE, settings.script_args)
    try:
        plan_run(replace(settings, script_args=NOTHING_JUDGED))
    except BenchError as error:
        problems.append(f"{JUDGE}: {error}")
        return None
    return settings, model.facts


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
    judge = {**layers.defaults, **given}.get(JUDGE)
    return Entry(entry_key(settings), settings, layers.model.facts, layers.sweep, own, judge)


def _all_settings(layers: _Layers, name: str) -> dict[str, Any]:
    benchmark, model = layers.benchmark, layers.model
    settings = settings_from(layers.defaults, benchmark, model.given, layers.sweep)
    settings |= {key.field: benchmark[name] for name, key in BENCHMARK_PLAN_KEYS.items() if name in benchmark}
    return {**settings, "name": name, **where_served(model)}


def _with_shared_context(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Where nobody names a context, one that fits the longest answer of the model's benchmarks serves all."""
    longest: dict[Path | None, int] = {}
    for entry in entries:
        model = entry.settings.model
        longest[model] = max(longest.get(model, 0), entry.settings.max_tokens or ANSWER_TOKENS)
    for entry in entries:
        budget = longest[entry.settings.model]
        yield replace(entry, settings=replace(entry.settings, answer_tokens=budget))


def entry_key(settings: RunSettings) -> str:
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
