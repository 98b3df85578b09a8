"""A worker's settings, sent once at its start, and its zygote's facts about the machine: plain frozen data.

Both cross processes as marshalled fields: `as_message` on one side, the class itself on the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WorkerSetup:
    """From the pool to a judge; without `environment`, from there to its zygote."""

    level: str
    engine: str | None  # the container engine's command, at the levels that have one
    environment: dict[str, str]  # of the process that starts the engine; empty elsewhere
    readable: tuple[str, ...]  # files and folders, outer ones first
    site: tuple[str, ...] | None  # where the libraries lie; None: wherever this Python has them
    path: str | None  # where programs look for commands; None: as it is
    uid: int | None  # the unprivileged user to become, where we may
    uid_reads_python: bool
    cgroup: str | None  # where workers make their cgroups
    scratch: str  # a folder of the worker's own goes in here; for the zygote, this very folder
    most_landlock: int  # the newest version of Landlock to use
    private_bytes: int  # size of the private folder, where a mount limits it


@dataclass(frozen=True)
class JailFacts:
    """From a zygote to its judge, and on to the pool."""

    missing: tuple[str, ...]  # parts of the jail's root that could not be had
    landlock_abi: int
    root: bool  # Python programs run as root without rights
    python: str
    cgroup: bool = False  # the judge's own finding


def as_message(data: WorkerSetup | JailFacts) -> dict[str, Any]:
    return dict(vars(data))
