"""What a plan may set: one table, from a plan's names and values to those of a run."""

from __future__ import annotations

import math
import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchkit.errors import UsageError
from benchkit.serving.servers import kind_names
from benchkit.serving.servers.endpoint import normalized

CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")


class Setting(NamedTuple):
    """`read` raises ValueError or TypeError for a value that is not `wanted`."""

    field: str  # of RunSettings
    read: Callable[[Any], Any]
    wanted: str


def _number(
    least: float, kind: type[int] | type[float] = float, *, above: bool = False
) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        number = kind(value)
        fits = number > least if above else number >= least
        if isinstance(value, bool) or number != float(value) or not fits or math.isinf(number):
            raise ValueError(value)
        return number

    return read


def _layers(value: Any) -> int | str:
    return str(value) if value in ("auto", "all") else int(_number(0, int)(value))


def _one_of(known: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(value)
        return str(value)

    return read


def _words(value: Any) -> tuple[str, ...]:
    words = shlex.split(value) if isinstance(value, str) else value
    if not isinstance(words, list) or any(type(word) not in (str, int, float) for word in words):
        raise TypeError(value)
    return tuple(str(word) for word in words)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value


def _address(value: Any) -> str:
    try:
        return normalized(_text(value))
    except UsageError:
        raise ValueError(value) from None


def _cache_type(value: Any) -> tuple[str, ...]:
    kind = _one_of(CACHE_TYPES)(value)
    return ("--cache-type-k", kind, "--cache-type-v", kind)


def _flag(name: str, read: Callable[[Any], Any]) -> Callable[[Any], tuple[str, ...]]:
    return lambda value: (name, str(read(value)))


def _program(value: Any) -> Path:
    path = Path(os.path.expanduser(_text(value)))  # noqa: PTH111 - Path's own fails for ~nobody
    if shutil.which(path) is None:
        raise ValueError(value)
    return path


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


_SERVERS = kind_names()
_COUNT = "a whole number from 1"

SETTINGS: Mapping[str, Setting] = {
    "gpu_layers": Setting("gpu_layers", _layers, "auto, all or a number of layers"),
    "context": Setting("context", _number(1, int), _COUNT),
    "parallel": Setting("parallel", _number(1, int), _COUNT),
    "server": Setting("server", _one_of(_SERVERS), f"one of {', '.join(_SERVERS)}"),
    "server_args": Setting("server_args", _words, "a list of words"),
    "cache_type": Setting("server_args", _cache_type, f"one of {', '.join(CACHE_TYPES)}"),
    "llama_server": Setting("llama_server", _program, "a program"),
    "start_timeout": Setting("start_timeout_s", _number(0, above=True), "a number of seconds"),
    "strict": Setting("strict", _yes_or_no, "true or false"),
    "restarts": Setting("restarts", _number(0, int), "a whole number"),
    "temperature": Setting("temperature", _number(0), "a number from 0"),
    "max_tokens": Setting("max_tokens", _number(1, int), _COUNT),
    "top_p": Setting("script_args", _flag("--top-p", _number(0, above=True)), "a number above 0"),
    "seed": Setting("script_args", _flag("--seed", _number(0, int)), "a whole number"),
    "timeout": Setting("timeout_s", _number(0, above=True), "a number of seconds"),
    "args": Setting("script_args", _words, "a list of words"),
}
_TEXT = "a text (in quotes, where it looks like something else)"
OF_A_MODEL: Mapping[str, Setting] = {
    "path": Setting("model", _text, _TEXT),
    "name": Setting("name", _text, _TEXT),
    "base_url": Setting("base_url", _address, "an address like http://localhost:8000/v1"),
}
OF_A_BENCHMARK: Mapping[str, Setting] = {
    "name": Setting("benchmark", _text, _TEXT),
    "shell": Setting("shell", _yes_or_no, "true or false"),
    **{key: Setting(key, _text, _TEXT) for key in ("script", "parser", "score_pattern", "score_path")},
}
_KNOWN = {**SETTINGS, **OF_A_BENCHMARK, **OF_A_MODEL}
# Words of the defaults, the benchmark, the model and the matrix stand one after another: the last one wins.
ADDED_UP = ("server_args", "script_args")


def settings_from(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """The values as RunSettings takes them, those of a later layer before those of an earlier one."""
    settings: dict[str, Any] = {}
    for name, value in (item for layer in layers for item in layer.items() if item[0] in SETTINGS):
        if value is None:
            continue
        field, read, _ = SETTINGS[name]
        settings[field] = settings.get(field, ()) + read(value) if field in ADDED_UP else read(value)
    return settings


def misfits(given: Mapping[str, Any], where: str) -> Iterator[str]:
    """A line for each value that is of the wrong kind."""
    for name, value in given.items():
        if not _fits(name, value):
            yield f"{where}: {name}: {value!r} is not {_KNOWN[name].wanted}"


def fitting(given: Mapping[str, Any]) -> dict[str, Any]:
    """Without the values of the wrong kind, which are told elsewhere."""
    return {name: value for name, value in given.items() if _fits(name, value)}


def _fits(name: str, value: Any) -> bool:
    if name not in _KNOWN or value is None:
        return True
    try:
        _KNOWN[name].read(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True
