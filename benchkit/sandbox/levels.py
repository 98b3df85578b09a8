"""Which level of isolation this machine gives, found out by starting it; what it means in words."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from benchkit.errors import SandboxError, UnknownName
from benchkit.sandbox.base import Isolation, LevelFact, Sandbox
from benchkit.sandbox.launch import LevelMissing
from benchkit.sandbox.pool import Pool

SAFE = ("namespaces", "landlock")  # the best first


def open_level(level: str, workers: int | None) -> AbstractContextManager[Sandbox]:
    count = workers or len(os.sched_getaffinity(0))
    if level == "auto":
        for name in SAFE:
            try:
                return Pool(name, count)
            except LevelMissing:
                continue
    return Pool(level, count)


def try_levels() -> tuple[LevelFact, ...]:
    return ()
