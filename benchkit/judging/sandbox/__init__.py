"""Runs code that a model wrote, with the judge and the candidate in two processes that share nothing.

    with open_sandbox() as sandbox:                            # one worker a core
        sandbox.run(Program(source="print(input())", stdin=b"hi"))
        sandbox.check(source, test, entry_point="add", support=prompt)
        with sandbox.load(source) as program:
            for reply in program.call_many("add", [(1, 2), (3, 4)]):
                reply.ok and (reply.digest == digest(3) or reply.value == 3)

Three processes a worker, outermost first; what the inner one says is never believed, only compared:
    pool.py, loaded.py    the caller's process: hands programs to free workers (worker.py), over line.py
    judge.py              the trusted side: whole.py runs programs, checking.py tests, conversation.py calls;
                          running.py keeps pipes and clock, over.py and disk.py end what uses too much,
                          outcomes.py tells verdicts, replies.py and codec.py read what came back
    jail/                 the zygote and the programs forked from it
All judges, and by them the zygotes, are forked from one mother.py, whom family.py starts and speaks with.
base.py has what goes in and what comes out. levels.py, launch.py, containers.py and places.py say which
isolation there is, and how a zygote starts; missing.py is the error that says one cannot be had. To any
level cgroups.py adds what a program's processes share, where delegation.py finds a place for it; claims.py
tells what is somebody's and what the dead have left. To add a level of isolation, see levels.py; to add a way
to run code, whole.py or checking.py, and the table in judge.py.

Promised, at every level but "none": a program changes nothing outside its private folder, reads no file but
the toolchain, reaches no network and no other process, leaves neither process nor file, keeps its limits,
and cannot give itself a pass. Not promised: that a kernel bug or the CPU's side channels keep nothing from
it; that it cannot learn which software is installed and what folders are called; that its own measurement
of a call's time is true; that a test which runs inside (`Outcome.inside`) cannot be fooled; that memory is
bounded for many processes at once where no cgroup is delegated (each then has the limit for itself); and,
without namespaces, that the private folder's size is bounded at every moment (it is looked at ten times a
second).
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from benchkit.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchkit.judging.sandbox.base import (
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
    "start_sandbox",
]

LEVELS = ("auto", "namespaces", "landlock", "docker", "podman", "none")


def __getattr__(name: str) -> Any:
    """The names of base.py, once somebody asks for one: a zygote comes by here and needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from benchkit.judging.sandbox import base

    return getattr(base, name)


@contextmanager
def open_sandbox(level: str = "auto", workers: int | None = None) -> Iterator[Sandbox]:
    """The workers at the level asked for, or the best one here; SandboxError says why none is safe."""
    with start_sandbox(level, workers) as ready:
        yield ready()


@contextmanager
def start_sandbox(level: str = "auto", workers: int | None = None) -> Iterator[Callable[[], Sandbox]]:
    """The same for who has something else to do while they start: calling what is given waits for them."""
    if level not in LEVELS:
        raise UnknownName("sandbox level", level, LEVELS)
    from benchkit.judging.sandbox.family import Family

    with closing(Family()) as family:  # gets ready while we import the rest
        from benchkit.judging.sandbox.levels import start_level

        with start_level(level, workers, family) as ready:
            yield ready


def probe() -> tuple[LevelFact, ...]:
    """What this machine gives, level by level, tried for real."""
    from benchkit.judging.sandbox.levels import try_levels

    return try_levels()


def digest(value: Any) -> bytes:
    """The digest of a value's canonical encoding, as Reply.digest carries it."""
    from benchkit.judging.sandbox import codec

    return codec.digest(value)
