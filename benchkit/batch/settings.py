"""What a plan may set: one table, from a plan's names and values to those of a run."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchkit.servers import SERVERS

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
        if isinstance(value, bool) or number != float(value) or number < least or (above and number == least):
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
    return tuple(shlex.split(value)) if isinstance(value, str) else tuple(str(word) for word in value)


def _cache_type(value: Any) -> tuple[str, ...]:
    kind = _one_of(CACHE_TYPES)(value)
    return ("--cache-type-k", kind, "--cache-type-v", kind)


def _flag(name: str, read: Callable[[Any], Any]) -> Callable[[Any], tuple[str, ...]]:
    return lambda value: (name, str(read(value)))


def _program(value: Any) -> Path:
    path = Path(value).expanduser()
    if shutil.which(path) is None:
        raise ValueError(value)
    return path


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


_SERVERS = ("auto", *SERVERS)
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
        if name in SETTINGS and value is not None and not _fits(SETTINGS[name], value):
            yield f"{where}: {name}: {value!r} is not {SETTINGS[name].wanted}"


def _fits(setting: Setting, value: Any) -> bool:
    try:
        setting.read(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True
