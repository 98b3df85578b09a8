"""Runs code that a model wrote, with the judge and the candidate in two processes that share nothing.

with open_sandbox() as sandbox:                            # one worker a core
    sandbox.run(Program(source="print(input())", stdin=b"hi"))
    sandbox.check(source, test, entry_point="add", support=prompt)
    with sandbox.load(source) as program:
        for reply in program.call_many("add", [(1, 2), (3, 4)]):
            reply.ok and (reply.digest == digest(3) or reply.value == 3)
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from benchkit.sandbox.base import (
    Isolation,
    LevelFact,
    Limits,
    LoadedProgram,
    Opaque,
    Outcome,
    Program,
    Reply,
    Sandbox,
)

__all__ = [
    "Isolation",
    "LevelFact",
    "Limits",
    "LoadedProgram",
    "Opaque",
    "Outcome",
    "Program",
    "Reply",
    "Sandbox",
    "digest",
    "open_sandbox",
    "probe",
]

LEVELS = ("auto", "namespaces", "landlock", "docker", "podman", "none")


def open_sandbox(level: str = "auto", workers: int | None = None) -> AbstractContextManager[Sandbox]:
    """Start the workers at the level asked for, or the best one here; SandboxError says why none is safe."""
    from benchkit.sandbox.levels import open_level

    return open_level(level, workers)


def probe() -> tuple[LevelFact, ...]:
    """What this machine gives, level by level, tried for real."""
    from benchkit.sandbox.levels import try_levels

    return try_levels()


def digest(value: Any) -> bytes:
    """The digest of a value's canonical encoding, as Reply.digest carries it."""
    from benchkit.sandbox import codec

    return codec.digest(value)
