"""Which level of isolation this machine gives, found out by starting it; what it means in words.

To add a level: its name in __init__'s LEVELS, its layers below, and how its zygote starts in launch.py.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from benchkit.errors import SandboxError, UnknownName
from benchkit.sandbox import LEVELS
from benchkit.sandbox.base import Isolation, LevelFact, Sandbox
from benchkit.sandbox.missing import LevelMissing
from benchkit.sandbox.pool import Pool

SAFE = ("namespaces", "landlock")  # those that `auto` tries, the best first

_FILTER = "seccomp: system calls by allow-list; no sockets, no signals to others"
_LIMITS = "rlimits: memory, CPU time, file size, open files, processes"
_CONTAINER = "container without network, read-only, unprivileged"
_LAYERS: Mapping[str, tuple[str, ...]] = {
    "namespaces": (
        "namespaces: user, pid (one a program), mount, network, ipc, uts",
        "private tmpfs of limited size; everything else absent or read-only",
        _FILTER,
        _LIMITS,
    ),
    "landlock": (_FILTER, _LIMITS),
    "docker": (_CONTAINER, _FILTER, _LIMITS),
    "podman": (_CONTAINER, _FILTER, _LIMITS),
    "none": (_LIMITS,),
}
_ADVICE: Mapping[str, str] = {
    "namespaces": (
        "allow unprivileged user namespaces (Ubuntu 24.04: sudo sysctl -w"
        " kernel.apparmor_restrict_unprivileged_userns=0), or go on with landlock"
    ),
    "landlock": "use a kernel of 5.13 or newer with landlock in its lsm= list, or --sandbox docker or podman",
    "docker": "install Docker and let this user use it, then: docker pull python:3.12-slim",
    "podman": "install podman, then: podman pull docker.io/library/python:3.12-slim",
}
_WEAK = {
    "landlock": (
        "no namespaces: the private folder is an ordinary one on disk, its size looked at ten times a second,"
        " and a program can see that files exist which it cannot read"
    ),
    "none": "no isolation at all: programs can read and change whatever you can",
}


def open_level(level: str, workers: int | None) -> AbstractContextManager[Sandbox]:
    """A pool at that level; SandboxError says what to do where the machine does not give it."""
    if level not in LEVELS:
        raise UnknownName("sandbox level", level, LEVELS)
    count = workers or len(os.sched_getaffinity(0))
    missing: dict[str, str] = {}
    for name in SAFE if level == "auto" else (level,):
        try:
            pool = Pool(name, count)
        except LevelMissing as error:
            missing[name] = str(error)
        else:
            pool.isolation = describe(name, pool.report, missing)
            return pool
    raise SandboxError(_refusal(missing))


def _refusal(missing: Mapping[str, str]) -> str:
    reasons = "; ".join(f"{name}: {reason}" for name, reason in missing.items())
    return f"no safe way to run the model's code here ({reasons}). {_ADVICE[list(missing)[-1]]}"


def describe(level: str, report: Mapping[str, Any], missing: Mapping[str, str]) -> Isolation:
    """What the started zygote found, in words; `missing`: better levels that could not be had."""
    layers = list(_LAYERS[level])
    abi = report["landlock_abi"]
    if abi:
        layers.insert(1, f"Landlock (version {abi}): files by name, TCP" + (", signals" if abi >= 6 else ""))
    warnings = [f"no {name} ({reason}): {_ADVICE[name]}" for name, reason in missing.items()]
    warnings += [_WEAK[level]] if level in _WEAK else []
    warnings += [f"{what} could not be had inside" for what in report["missing"]]
    if report["root"]:
        warnings.append(
            "Python programs run as root without rights, since only root can read this interpreter:"
            " run as an ordinary user, or with a Python that all can read"
        )
    return Isolation(level, tuple(layers), tuple(warnings))


def try_levels() -> tuple[LevelFact, ...]:
    """Each level started once with one worker, for `doctor`."""
    return tuple(_try(level) for level in ("namespaces", "landlock", "docker", "podman"))


def _try(level: str) -> LevelFact:
    try:
        with Pool(level, 1) as pool:
            isolation = describe(level, pool.report, {})
    except SandboxError as error:
        return LevelFact(level, available=False, reason=str(error), advice=_ADVICE[level])
    return LevelFact(level, available=True, layers=isolation.layers, reason="; ".join(isolation.warnings))
