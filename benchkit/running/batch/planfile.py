"""A plan as a person wrote it, YAML or a folder of JSON files; all its problems are reported at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from benchkit.errors import UsageError
from benchkit.racing import GOALS, Goal
from benchkit.running.batch.settings import fitting, misfit, misfits
from benchkit.running.orders import OnLostBox
from benchkit.settings import BENCHMARK_PLAN_KEYS, MODEL_PLAN_KEYS, PLAN_KEYS
from benchkit.strict_documents import read_json, read_yaml

JUDGE = "judge"
"""A model that judges the answers once all runs are over: all answers, a model's or a benchmark's."""
JUDGE_KEYS = {*PLAN_KEYS, *MODEL_PLAN_KEYS}
MODEL_KEYS = {*JUDGE_KEYS, JUDGE}
BENCHMARK_KEYS = {*PLAN_KEYS, *BENCHMARK_PLAN_KEYS, JUDGE}
DEFAULT_KEYS = {*PLAN_KEYS, JUDGE}
TOP_KEYS = {
    "defaults",
    "models",
    "benchmarks",
    "matrix",
    "execution",
    "scoring",
    "race",
    "on_lost_box",
    JUDGE,
}
# What stands in groups of their own, and the settings that they are.
EXECUTION = {"timeout": "test_timeout", "memory_limit": "test_memory", "cpu_limit": "test_cpus"}
SCORING = {"weights": "weights"}
ONE_MODEL_KEYS = {*MODEL_KEYS, "provider_url", "benchmarks", "options"}

KEY = "api_key"

_VARIABLE = re.compile(r"\$\{(?:env\.)?([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Plan:
    """What was asked for, and what is wrong with it."""

    source: str
    models: tuple[Mapping[str, Any], ...]
    benchmarks: tuple[Mapping[str, Any], ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    matrix: Mapping[str, list[Any]] = field(default_factory=dict)
    own_benchmarks: Mapping[int, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)  # by model
    problems: tuple[str, ...] = ()
    race: Goal | None = None
    on_lost_box: OnLostBox | None = None


class PlanProblems(UsageError):
    """Everything that is wrong with a plan, reported at once."""

    def __init__(self, source: str, problems: Iterable[str]) -> None:
        self.problems = list(dict.fromkeys(problems))
        count = len(self.problems)
        super().__init__(f"{source}: {self.problems[0] if count == 1 else f'{count} problems'}")


def read_plan(path: Path, benchmarks: Sequence[str] = ()) -> Plan:
    """The plan in a YAML (or JSON) file, or in a folder of JSON files, one a model.

    `benchmarks` are for what names none itself.
    """
    if os.path.isdir(path):  # noqa: PTH112 - the path's own fails where it may not look
        return _plan_from_folder(path, benchmarks)
    raw = _read_file(path)
    if benchmarks and isinstance(raw, Mapping):
        if raw.get("benchmarks"):
            raise UsageError(f"{path} names its benchmarks itself: leave --benchmarks out")
        raw = {**raw, "benchmarks": list(benchmarks)}
    return make_plan(raw, str(path))


def make_plan(raw: Any, source: str) -> Plan:
    problems: list[str] = []
    raw = _replace_variables(raw, problems)
    if not isinstance(raw, Mapping):
        raise PlanProblems(source, ["not a plan: it needs `models` and `benchmarks`"])
    _refuse_unknown(raw, TOP_KEYS, "the plan", problems)
    models = _entries(raw.get("models"), "path", MODEL_KEYS, "models", problems)
    benchmarks = _entries(raw.get("benchmarks"), "name", BENCHMARK_KEYS, "benchmarks", problems)
    defaults: Mapping[str, Any] = {
        **_group(raw, "execution", EXECUTION, problems),
        **_group(raw, "scoring", SCORING, problems),
        **({JUDGE: raw[JUDGE]} if JUDGE in raw else {}),
        **_mapping(raw.get("defaults"), DEFAULT_KEYS, "defaults", problems),
    }
    defaults = _with_judge(defaults, "judge", problems)
    models = [_with_judge(one, "models: judge", problems) for one in models]
    benchmarks = [_with_judge(one, "benchmarks: judge", problems) for one in benchmarks]
    matrix = _mapping(raw.get("matrix"), set(PLAN_KEYS), "matrix", problems)
    race = _goal(raw.get("race"), problems)
    on_lost_box = _on_lost_box(raw.get("on_lost_box"), problems)
    problems += [
        *(["no models in the plan"] if not models else []),
        *(["no benchmarks in the plan"] if not benchmarks else []),
        *misfits(defaults, "defaults"),
        *_model_problems(models, "models"),
        *_benchmark_problems(benchmarks, "benchmarks"),
        *_matrix_problems(matrix),
    ]
    return Plan(
        source,
        tuple(map(fitting, models)),
        tuple(map(fitting, benchmarks)),
        fitting(defaults),
        _fitting_matrix(matrix),
        problems=tuple(problems),
        race=race,
        on_lost_box=on_lost_box,
    )


def _with_judge(given: Mapping[str, Any], where: str, problems: list[str]) -> Mapping[str, Any]:
    """The judge as a model of the plan: a text is a file or a provider's model."""
    judge = given.get(JUDGE)
    if judge is None:
        return {name: value for name, value in given.items() if name != JUDGE}
    if isinstance(judge, str) and judge.strip():
        judge = {"path": judge}
    if not isinstance(judge, Mapping):
        problems.append(
            f"{where}: {judge!r} names no model: give a FILE.gguf, or one such as openrouter/NAME"
        )
        return given
    judge = _mapping(judge, JUDGE_KEYS, where, problems)
    problems += _model_problems([judge], where)
    return {**given, JUDGE: fitting(judge)}


def _goal(text: Any, problems: list[str]) -> Goal | None:
    try:
        return None if text is None else Goal.parse(text)
    except ValueError:
        problems.append(f"race: {text!r} is none of {GOALS}")
        return None


def _on_lost_box(text: Any, problems: list[str]) -> OnLostBox | None:
    try:
        return None if text is None else OnLostBox(text)
    except ValueError:
        problems.append(f"on_lost_box: {text!r} is neither {' nor '.join(OnLostBox)}")
        return None


def _group(raw: Mapping[Any, Any], name: str, keys: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """The settings of one group of the plan, by the names that they have among the defaults."""
    given = _mapping(raw.get(name), set(keys), name, problems)
    problems += [
        f"{name}: {key}: {why}"
        for key, setting in keys.items()
        if key in given and (why := misfit(setting, given[key]))
    ]
    return {
        setting: given[key]
        for key, setting in keys.items()
        if key in given and not misfit(setting, given[key])
    }


def _plan_from_folder(folder: Path, beside: Sequence[str]) -> Plan:
    files = sorted(folder.glob("*.json"))
    if not files:
        raise UsageError(f"{folder} holds no .json files: a folder plan has one a model")
    problems: list[str] = []
    models: list[Mapping[str, Any]] = []
    benchmarks: dict[int, tuple[Mapping[str, Any], ...]] = {}
    for file in files:
        try:
            raw = _replace_variables(_read_file(file), problems)
        except UsageError as error:
            problems.append(str(error))
            continue
        model = _mapping(raw, ONE_MODEL_KEYS, file.name, problems)
        options = _mapping(model.get("options"), set(PLAN_KEYS), f"{file.name}: options", problems)
        given = model.get("benchmarks") or list(beside)
        named = _entries(given, "name", BENCHMARK_KEYS, f"{file.name}: benchmarks", problems)
        if not named:
            problems.append(f"{file.name}: no benchmarks")
        model = _with_judge(model, f"{file.name}: judge", problems)
        named = [_with_judge(one, f"{file.name}: benchmarks: judge", problems) for one in named]
        base_url = model.get("base_url", model.get("provider_url"))
        own = {key: value for key, value in model.items() if key in MODEL_KEYS}
        asked = {**own, **options, "base_url": base_url}
        problems += [
            *_model_problems([asked], file.name),
            *_benchmark_problems(named, f"{file.name}: benchmarks"),
        ]
        benchmarks[len(models)] = tuple(map(fitting, named))
        models.append(fitting(asked))
    return Plan(str(folder), tuple(models), (), own_benchmarks=benchmarks, problems=tuple(problems))


def _model_problems(models: Iterable[Mapping[str, Any]], where: str) -> Iterator[str]:
    for place, model in enumerate(models, 1):
        yield from misfits(model, where)
        path, base_url, name = (model.get(key) for key in ("path", "base_url", "name"))
        address, provider = model.get("endpoint"), model.get("provider")
        if base_url is not None and address is not None:
            yield f"{where}: number {place} has an endpoint and a base_url, which are the same: leave one out"
        if path is None and (name is None or (base_url or address or provider) is None):
            yield f"{where}: number {place} needs a path, or a name with its provider, endpoint or base_url"
        if path is not None and base_url is not None:
            yield f"{where}: {path} has a path and a base_url: it is a file or a running server, not both"


def _benchmark_problems(benchmarks: Iterable[Mapping[str, Any]], where: str) -> Iterator[str]:
    for place, benchmark in enumerate(benchmarks, 1):
        yield from misfits(benchmark, where)
        if benchmark.get("name") is None:
            yield f"{where}: number {place} needs a name"


def _matrix_problems(matrix: Mapping[str, Any]) -> Iterator[str]:
    for name, values in matrix.items():
        if not isinstance(values, list) or not values:
            yield f"matrix: {name} needs a list"
        else:
            yield from (text for value in values for text in misfits({name: value}, "matrix"))


def _fitting_matrix(matrix: Mapping[str, Any]) -> dict[str, list[Any]]:
    lists = {name: values for name, values in matrix.items() if isinstance(values, list)}
    kept = {name: [v for v in values if fitting({name: v})] for name, values in lists.items()}
    return {name: values for name, values in kept.items() if values}


def _read_file(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"no plan {path}: write one with bench_runner.py batch --init") from None
    except OSError as error:
        raise UsageError(f"cannot read the plan {path}: {error.strerror}") from None
    except ValueError as error:  # bytes that are no UTF-8, or a name that no file can have
        raise UsageError(f"cannot read the plan {path}: {error}") from None
    try:
        return read_json(text) if path.suffix == ".json" else read_yaml(text)
    except ValueError as error:
        raise UsageError(f"{path} is not {'JSON' if path.suffix == '.json' else 'YAML'}: {error}") from None


def _replace_variables(value: Any, problems: list[str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _variable(match[1], problems), value)
    if isinstance(value, Mapping):
        return {
            key: _variable_of_key(part, problems) if key == KEY else _replace_variables(part, problems)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_replace_variables(part, problems) for part in value]
    return value


def _variable_of_key(value: Any, problems: list[str]) -> str | None:
    """The name of the variable that holds a key: a key itself has no place in a plan, and is not repeated."""
    match = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        problems.append(
            f"{KEY}: write ${{NAME}}, the variable that holds the key: a plan is no place for keys"
        )
        return None
    _variable(match[1], problems)
    return match[1]


def has_variable(text: str) -> bool:
    return _VARIABLE.search(text) is not None


def _variable(name: str, problems: list[str]) -> str:
    if name not in os.environ:
        problems.append(f"the environment has no variable {name}: export it, or write it into .env here")
    return os.environ.get(name, f"${{{name}}}")


def _entries(raw: Any, key: str, known: set[str], where: str, problems: list[str]) -> list[Mapping[str, Any]]:
    """A list whose entries are texts (the entry's `key`) or mappings; one entry needs no list."""
    if raw is None:
        return []
    entries: list[Mapping[str, Any]] = []
    for entry in raw if isinstance(raw, list) else [raw]:
        if isinstance(entry, str):
            entries.append({key: entry})
        else:
            entries.append(_mapping(entry, known, where, problems))
    return entries


def _mapping(raw: Any, known: set[str], where: str, problems: list[str]) -> Mapping[str, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        problems.append(f"{where}: {raw!r} should be names with values")
        return {}
    _refuse_unknown(raw, known, where, problems)
    return {str(key): value for key, value in raw.items()}


def _refuse_unknown(raw: Mapping[Any, Any], known: set[str], where: str, problems: list[str]) -> None:
    for key in raw:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
            problems.append(f"{where}: unknown key {key!r}: {hint}")
