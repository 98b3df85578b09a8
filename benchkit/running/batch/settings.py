"""A plan's values, checked and turned into those of a run; benchkit.settings says what a plan may set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchkit.errors import UsageError
from benchkit.settings import BENCHMARK_PLAN_KEYS, MODEL_PLAN_KEYS, PLAN_KEYS, SETTINGS

_KNOWN = {**PLAN_KEYS, **BENCHMARK_PLAN_KEYS, **MODEL_PLAN_KEYS}


def settings_from(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """The values as RunSettings takes them, those of a later layer before those of an earlier one.

    Words of the defaults, the benchmark, the model and the matrix stand one after another: the last one wins.
    """
    settings: dict[str, Any] = {}
    for name, value in (item for layer in layers for item in layer.items() if item[0] in PLAN_KEYS):
        if value is None:
            continue
        key = PLAN_KEYS[name]
        before = settings.get(key.field, ()) if SETTINGS[key.field].kind.repeatable else None
        settings[key.field] = key.read(value) if before is None else before + key.read(value)
    return settings


def misfits(given: Mapping[str, Any], where: str) -> Iterator[str]:
    """A line for each value that is of the wrong kind."""
    for name, value in given.items():
        if why := misfit(name, value):
            yield f"{where}: {name}: {why}"


def misfit(name: str, value: Any) -> str:
    """Why the value is of the wrong kind; empty where it is of the right one."""
    if name not in _KNOWN or value is None:
        return ""
    try:
        _KNOWN[name].read(value)
    except UsageError as error:  # whose own name for it would stand there twice
        return str(error).removeprefix(f"{name}: ").removeprefix(f"{name} ")
    except (TypeError, ValueError, OverflowError):
        return f"{value!r} is not {_KNOWN[name].kind.wanted}"
    return ""


def fitting(given: Mapping[str, Any]) -> dict[str, Any]:
    """Without the values of the wrong kind, which are reported elsewhere."""
    return {name: value for name, value in given.items() if not misfit(name, value)}
