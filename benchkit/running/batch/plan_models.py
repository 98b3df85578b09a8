"""The models of a plan: files of this machine, and models that somebody else serves; each with a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchkit.errors import UsageError
from benchkit.providers.names import find_remote_model
from benchkit.records import ENDPOINT, ModelFile
from benchkit.running.batch.models import find_models, why_none_match
from benchkit.running.batch.planfile import has_variable
from benchkit.running.plan import with_provider
from benchkit.settings import MODEL_PLAN_KEYS, RunSettings

_OF_REMOTE = ("server", "base_url", "provider", "provider_model", "key_variable")


@dataclass(frozen=True)
class PlanModel:
    """A model of the plan: a file, or one that somebody else serves."""

    number: int  # its place in the plan
    given: Mapping[str, Any]
    path: Path | None = None
    facts: ModelFile | None = None
    remote: RunSettings | None = None  # of a model that somebody else serves: where, and under what name


def find_plan_models(
    models: Sequence[Mapping[str, Any]], where: str, problems: list[str], notes: list[str]
) -> Iterator[PlanModel]:
    """Each file of what the plan says, and each model that is served elsewhere."""
    for number, given in enumerate(models):
        pattern = given.get("path")
        if pattern is None or _names_provider(pattern, where, problems):
            if (settings := _remote(given, where, problems)) is not None:
                yield PlanModel(number, {**given, "path": None, "name": settings.name}, remote=settings)
            continue
        if has_variable(pattern):
            continue  # it is not set, which is reported already
        files = find_models(pattern)
        notes += files.left_out
        if not files.files and not files.left_out:
            problems.append(f"{where}: {pattern} {why_none_match(pattern)}")
        for path in files.files:
            # Not resolved: the files of a split model in a cache of links stand side by side only there.
            yield PlanModel(number, given, path.absolute(), files.facts.get(path))


def _names_provider(pattern: str, where: str, problems: list[str]) -> bool:
    try:
        return find_remote_model(pattern) is not None
    except UsageError as error:
        problems.append(f"{where}: {error}")
        return False


def _remote(given: Mapping[str, Any], where: str, problems: list[str]) -> RunSettings | None:
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
        problems.append(f"{where}: {error}")
        return None


def distinct_names(models: Sequence[PlanModel], problems: list[str]) -> list[str]:
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


def where_served(model: PlanModel) -> dict[str, Any]:
    """The settings that say which file it is, or where it is asked for."""
    if model.remote is not None:
        return {one: getattr(model.remote, one) for one in _OF_REMOTE}
    return {"model": model.path}
