"""What a launch can choose, checked field by field, and the plan that it becomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from benchkit.benchmarks import BENCHMARKS, Benchmark
from benchkit.contract import JudgeRun, flag_of
from benchkit.dashboard.found_models import FoundModel
from benchkit.errors import UnknownName
from benchkit.running.batch.planfile import has_variable
from benchkit.running.command_line import OUR_SCRIPTS
from benchkit.setting_kinds import ADDRESS, COUNT, TEXT, Kind
from benchkit.settings import PLAN_KEYS

Scalar = bool | int | float | str | None
MOST = 200  # models, tasks, values of a list

CHOSEN_SETTINGS = (
    "temperature",
    "max_tokens",
    "parallel",
    "context",
    "gpu_layers",
    "server",
    "timeout",
    "cache_type",
    "seed",
    "top_p",
    "price_kwh",
)
"""The keys of a plan that the page may set: none that names a program, a path or words of a command."""

SCRIPT_FLAGS: Mapping[str, str] = {"samples": "samples_per_problem", "limit": "limit"}
"""Counts that our own scripts take, and what they call them."""


LAUNCHED: Mapping[str, Benchmark] = {
    name: one for name, one in BENCHMARKS.items() if not one.asks_for and name not in JudgeRun.ALL
}
"""What the form offers: no benchmark that wants words of a command, and no model as a judge, which has
settings of its own: at temperature 0 its votes are one vote, and after 1,000 tokens it is cut off."""


class Choices(BaseModel):
    """A launch: every model with every benchmark. A value that is null or left out has its default.

    Values may be given as text, as a form has them.
    """

    model_config = ConfigDict(extra="forbid")

    models: list[str] = Field([], max_length=MOST, description="Ids of models that were found.")
    base_url: str | None = Field(None, description="A running endpoint's address, with `name`.")
    name: str | None = Field(None, description="What the endpoint calls its model.")
    benchmarks: list[str] = Field([], max_length=MOST, description="Names that `--benchmark` knows.")
    tasks: list[str] = Field([], max_length=MOST, description="Of the benchmark `tasks` these alone.")
    temperature: Scalar = None
    max_tokens: Scalar = None
    samples: Scalar = None
    limit: Scalar = Field(None, description="Only so many problems.")
    parallel: Scalar = None
    context: Scalar = None
    gpu_layers: Scalar = None
    server: Scalar = None
    timeout: Scalar = None
    cache_type: Scalar = None
    seed: Scalar = None
    top_p: Scalar = None
    price_kwh: Scalar = Field(None, description="Dollars for a kWh.")
    matrix: dict[str, list[Scalar]] = Field({}, description="Setting -> values: each combination is a run.")


@dataclass
class CheckedChoices:
    """The plan that choices become, and what is wrong with them, by field."""

    plan: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)


def check_choices(choices: Choices, models: Sequence[FoundModel]) -> CheckedChoices:
    checked = CheckedChoices()
    checked.plan = {
        "models": [*_models(choices, models, checked.fields), *_endpoint(choices, checked.fields)],
        "benchmarks": list(_benchmarks(choices, checked.fields)),
        "defaults": _settings(choices, checked.fields),
        "matrix": _matrix(choices.matrix, checked.fields),
    }
    for name, what in (("models", "a model"), ("benchmarks", "a benchmark")):
        if not checked.plan[name]:
            checked.fields.setdefault(name, f"choose {what}")
    return checked


def misfit(kind: Kind, value: Any) -> str | None:
    """What is wrong with a value, in words."""
    try:
        kind.read(value)
    except (TypeError, ValueError, OverflowError):
        return f"{value!r} is not {kind.wanted}"
    return None


def setting_misfits(values: Mapping[str, Any]) -> dict[str, str]:
    """Of values of settings that the page may set."""
    said = {
        name: misfit(PLAN_KEYS[name].kind, value) for name, value in values.items() if name in CHOSEN_SETTINGS
    }
    unknown = {
        name: str(UnknownName("setting", name, CHOSEN_SETTINGS)) for name in values if name not in said
    }
    return unknown | {name: text for name, text in said.items() if text is not None}


def _models(choices: Choices, models: Sequence[FoundModel], fields: dict[str, str]) -> Iterator[str]:
    by_id = {model.id: model for model in models}
    for model_id in dict.fromkeys(choices.models):
        model = by_id.get(model_id)
        if model is None:
            fields["models"] = (
                f"no model {model_id!r} in the folders of the settings any more: reload the page"
            )
        elif model.refused:
            fields["models"] = model.refused
        elif has_variable(str(model.path)):
            fields["models"] = f"{model.path}: a plan would take a part of this name for a variable"
        else:
            yield str(model.path)


def _endpoint(choices: Choices, fields: dict[str, str]) -> Iterator[dict[str, Any]]:
    address, name = choices.base_url or None, choices.name or None
    if address is None and name is None:
        return
    for field_name, kind, value in (("base_url", ADDRESS, address), ("name", TEXT, name)):
        if (said := misfit(kind, value)) or has_variable(str(value)):
            fields[field_name] = said or "no variables here"
        elif not str(value).isprintable():
            fields[field_name] = f"{value!r} has characters that cannot be shown"
    if not {"base_url", "name"} & fields.keys():
        yield {"base_url": address, "name": name}


def _benchmarks(choices: Choices, fields: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys(choices.benchmarks):
        if name not in BENCHMARKS:
            fields["benchmarks"] = str(UnknownName("benchmark", name, LAUNCHED))
        elif name in JudgeRun.ALL:
            fields["benchmarks"] = f"{name}: judges are started from a shell: bench_runner.py judge --help"
        else:
            args = [*_counts(choices, BENCHMARKS[name], fields), *_tasks(choices, name, fields)]
            yield {"name": name, **({"args": args} if args else {})}


def _counts(choices: Choices, benchmark: Benchmark, fields: dict[str, str]) -> Iterator[str]:
    for name, flag in SCRIPT_FLAGS.items():
        value = getattr(choices, name)
        if value in (None, ""):
            continue
        if said := misfit(COUNT, value):
            fields[name] = said
        elif benchmark.script not in OUR_SCRIPTS:
            fields[name] = f"{benchmark.name} takes none: leave it empty"
        else:
            yield from (flag_of(flag), str(COUNT.read(value)))


def _tasks(choices: Choices, benchmark: str, fields: dict[str, str]) -> Iterator[str]:
    if benchmark != "tasks":
        return
    for task in dict.fromkeys(choices.tasks):
        if task.replace("_", "").isalnum() and task.isascii():
            yield from ("--task", task)
        else:
            fields["tasks"] = f"{task!r} is no task's name"


def _settings(choices: Choices, fields: dict[str, str]) -> dict[str, Any]:
    given = {name: getattr(choices, name) for name in CHOSEN_SETTINGS}
    given = {name: value for name, value in given.items() if value not in (None, "")}
    fields |= (wrong := setting_misfits(given))
    return {name: value for name, value in given.items() if name not in wrong}


def _matrix(matrix: Mapping[str, Sequence[Any]], fields: dict[str, str]) -> dict[str, list[Any]]:
    for name, values in matrix.items():
        wrong = next((said for value in values for said in setting_misfits({name: value}).values()), None)
        if wrong or not 0 < len(values) <= MOST:
            fields["matrix"] = f"{name}: {wrong or f'give 1 to {MOST} values'}"
    return {} if "matrix" in fields else {name: list(values) for name, values in matrix.items()}
