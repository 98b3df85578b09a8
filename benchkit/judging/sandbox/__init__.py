"""Runs code that a model wrote, with the judge and the candidate in two processes that share nothing.

    with open_sandbox() as sandbox:                            # one worker a core
        sandbox.run(Program(source="print(input())", stdin=b"hi"))
        sandbox.check(source, test, entry_point="add", support=prompt)
        with sandbox.load(source) as program:
            for reply in program.call_many("add", [(1, 2), (3, 4)]):
                reply.ok and (reply.digest == digest(3) or reply.value == 3)

Each worker is three processes, outermost first; what an inner one reports is never believed, only compared:
    pool/     in the caller's process: hands programs to free workers and reads what they answer
    judge/    the trusted process of one worker: runs tests, keeps clock and limits, decides verdicts
    jail/     the zygote and the programs forked from it; untrusted
    wire/     the messages between pool, judge and jail, and how they are encoded and read
What every process uses lies here: base.py (what goes in and what comes out), stopped.py (why a program is
stopped), claims.py (folders locked by their owner), missing.py (the error where a level is unavailable).
levels.py chooses the isolation level and describes it.

To add a level of isolation: see levels.py. To add a way to run code: a file beside judge/whole_program.py and
judge/checking.py, and its entry in the table of judge/main.py.

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
    from collections.abc import Callable, Iterator, Sequence

    from benchkit.judging.sandbox.base import (
        NOTHING_ASKED,
        AskedLimits,
        CallResult,
        Isolation,
        LevelFact,
        Limits,
        LoadedProgram,
        Opaque,
        Outcome,
        Program,
        Sandbox,
        WorkerLost,
    )

__all__ = [
    "NOTHING_ASKED",
    "AskedLimits",
    "CallResult",
    "Isolation",
    "LevelFact",
    "Limits",
    "LoadedProgram",
    "Opaque",
    "Outcome",
    "Program",
    "Sandbox",
    "WorkerLost",
    "digest",
    "open_sandbox",
    "probe",
    "start_sandbox",
]

LEVELS = ("auto", "namespaces", "landlock", "docker", "podman", "none")


def __getattr__(name: str) -> Any:
    """The names of base.py, imported on first use: a zygote imports this package and needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from benchkit.judging.sandbox import base

    return getattr(base, name)


@contextmanager
def open_sandbox(
    level: str = "auto", workers: int | None = None, toolchains: Sequence[str] = ()
) -> Iterator[Sandbox]:
    """The workers at the requested level, or the best one here; SandboxError names why none is safe.

    `toolchains` are folders beyond the system's that programs may read.
    """
    with start_sandbox(level, workers, toolchains) as ready:
        yield ready()


@contextmanager
def start_sandbox(
    level: str = "auto", workers: int | None = None, toolchains: Sequence[str] = ()
) -> Iterator[Callable[[], Sandbox]]:
    """Like open_sandbox, but returns at once; calling the result waits until the workers have started."""
    if level not in LEVELS:
        raise UnknownName("sandbox level", level, LEVELS)
    from benchkit.judging.sandbox.pool.fork_server import ForkServer

    with closing(ForkServer()) as fork_server:  # starts while the rest is imported
        from benchkit.judging.sandbox.levels import start_level

        with start_level(level, workers, fork_server, toolchains) as ready:
            yield ready


def probe() -> tuple[LevelFact, ...]:
    """What this machine gives, level by level, tried for real."""
    from benchkit.judging.sandbox.levels import try_levels

    return try_levels()


def digest(value: Any) -> bytes:
    """The digest of a value's canonical encoding, as CallResult.digest carries it."""
    from benchkit.judging.sandbox.wire import codec

    return codec.digest(value)
