"""Runs xllamacpp's server until a signal ends it.

    python -P xllamacpp_child.py SETTINGS [--NAME VALUE]...

SETTINGS is JSON; a NAME is a field of xllamacpp.CommonParams, with dashes or underscores, or a field of one
of its fields, such as cpuparams.n_threads.
XLLAMACPP_API_KEY, if it is set, is the key that clients must send.
"""

from __future__ import annotations

import enum
import json
import os
import signal
import sys
import time
from typing import Any

import xllamacpp

FAILED, BAD_FLAG = 1, 2
QUIET_S, SPEAKS_AT_MOST_S = 0.3, 3.0


def main() -> int:
    settings = json.loads(sys.argv[1])
    try:
        params = _params(settings, sys.argv[2:])
    except (ValueError, AttributeError, TypeError) as error:
        print(f"[bench_runner] bad flag: {error}", file=sys.stderr, flush=True)
        return BAD_FLAG
    try:
        server = xllamacpp.Server(
            params
        )  # returns when the model is loaded; prints on stderr why it cannot be
    except RuntimeError as error:
        _wait_for_log()
        print(error, file=sys.stderr, flush=True)
        return FAILED
    while server:
        signal.pause()
    return 0


def _wait_for_log() -> None:
    """llama.cpp logs from a thread of its own: the cause may still be on its way to stderr."""
    deadline = time.monotonic() + SPEAKS_AT_MOST_S
    size, quiet_since = -1, time.monotonic()
    while time.monotonic() < min(deadline, quiet_since + QUIET_S):
        time.sleep(0.02)
        if size != (size := os.fstat(2).st_size):
            quiet_since = time.monotonic()


def _params(settings: dict[str, Any], extra: list[str]) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.model_alias = {settings["model_alias"]}
    params.hostnames = [settings["hostname"]]
    params.endpoint_metrics = True
    if key := os.environ.pop("XLLAMACPP_API_KEY", ""):
        params.api_keys = [key]
    for name in ("port", "n_ctx", "n_parallel", "n_gpu_layers", "verbosity"):
        if settings[name] is not None:
            _set_number(params, name, settings[name])
    for name, value in _pairs(extra):
        _set(params, name, value)
    return params


def _set_number(params: Any, name: str, number: int) -> None:
    try:
        setattr(params, name, number)
    except OverflowError as error:
        raise ValueError(f"{name}: {number} is too much") from error


def _pairs(extra: list[str]) -> list[tuple[str, str | None]]:
    """--name value, --name=value, and --name alone."""
    pairs: list[tuple[str, str | None]] = []
    for word in extra:
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            pairs.append((name, value or None))
        elif pairs and pairs[-1][1] is None:
            pairs[-1] = (pairs[-1][0], word)
        else:
            raise ValueError(f"{word}: a name beginning with -- must come first")
    return pairs


def _set(params: Any, name: str, value: str | None) -> None:
    *groups, field = name.replace("-", "_").split(".")
    for group in groups:
        params = getattr(params, group, None)
    if not hasattr(params, field):
        example = "such as --n-batch or --cpuparams.n-threads"
        raise ValueError(f"--{name}: xllamacpp takes names of its own, {example}")
    setattr(params, field, _as_type_of(getattr(params, field), name, value))


def _as_type_of(present: Any, name: str, value: str | None) -> Any:
    """The text as the type the setting has now."""
    if isinstance(present, bool):
        return value in (None, "on", "true", "1", "yes")
    if value is None:
        raise ValueError(f"--{name} needs a value")
    if isinstance(present, enum.Enum):
        return _member(type(present), name, value)
    if isinstance(present, (int, float, str)):
        return type(present)(value)
    raise ValueError(f"--{name} cannot be set from the command line")


def _member(kind: type[enum.Enum], name: str, value: str) -> enum.Enum:
    """q8_0 -> GGML_TYPE_Q8_0"""
    for member in kind:
        if member.name.upper().endswith(f"_{value.upper()}"):
            return member
    raise ValueError(f"--{name} has no value {value}")


if __name__ == "__main__":
    sys.exit(main())
