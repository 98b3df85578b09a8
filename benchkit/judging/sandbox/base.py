"""What goes into the sandbox and what comes out: plain frozen data, and what a sandbox offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from benchkit.errors import SandboxError
from benchkit.verdict import Verdict

MIB = 1 << 20
ENGINES = ("docker", "podman")  # levels whose programs live in a container


@dataclass(frozen=True)
class Limits:
    """What one program may use; passing a limit ends it with the verdict that names the limit."""

    wall_s: float = 10.0  # the whole program; for `call_many`, each call
    cpu_s: float | None = None  # of the process; None: as much as the wall time
    # Address space of a Python process, private data of any other; with a cgroup, all of its processes'.
    memory_mb: int = 1024
    output_bytes: int = 16 * MIB  # stdout and stderr, each
    file_bytes: int = 64 * MIB  # each file, and the private folder as a whole where it is a tmpfs
    processes: int = 1  # at once; 1 means that fork is refused
    threads: int = 32
    # What a program that is not Python may reserve: far more than languages do, for page tables of still more
    # would fill the memory.
    addresses_gib: int = 64
    value_bytes: int = 16 * MIB  # the largest result that is fetched from the jail


@dataclass(frozen=True)
class AskedLimits:
    """What a person allows each test program, in place of what a judge would; None leaves that as it is."""

    wall_s: float | None = None
    memory_mb: int | None = None
    cpus: float | None = None  # processor time: as much as so many processors give within the wall time

    def applied(self, limits: Limits) -> Limits:
        """A judge's limits with these in their place."""
        wall_s = limits.wall_s if self.wall_s is None else self.wall_s
        cpu_s = None if limits.cpu_s is None else limits.cpu_s * wall_s / limits.wall_s
        return replace(
            limits,
            wall_s=wall_s,
            cpu_s=cpu_s if self.cpus is None else self.cpus * wall_s,
            memory_mb=limits.memory_mb if self.memory_mb is None else self.memory_mb,
        )


NOTHING_ASKED = AskedLimits()


@dataclass(frozen=True)
class Program:
    """A whole program: Python source, or the command line of anything else."""

    source: str | bytes | None = None  # Python, run as __main__
    argv: Sequence[str] | None = None  # found on the jail's PATH; its working folder holds `files`
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)  # relative names, put into its private folder
    keep: Sequence[
        str
    ] = ()  # files of the private folder to bring back in Outcome.files (a compiler's product)
    executable: Sequence[str] = ()  # names in `files` that get the x bit


@dataclass(frozen=True)
class Outcome:
    """What became of one program."""

    verdict: Verdict
    detail: str = ""  # one line for people: the exception, the failed assertion, the limit that was passed
    seconds: float = 0.0  # wall time, from the trusted side
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    exit_code: int | None = None  # None where a signal ended it, or where functions were called
    uncaught: bool = False  # an uncaught exception ended a Python program, with or without a traceback
    signal: str | None = None  # "SIGSEGV"; None where we ended it ourselves
    stdout: bytes = b""
    stderr: bytes = b""
    inside: bool = False  # the test ran in the jail beside the code, guarded by a completion token only
    files: Mapping[str, bytes] = field(default_factory=dict)
    sandbox_failed: bool = False  # not the program's doing: it can be judged again, in another worker
    test_line: str = ""  # of a test that failed: what it asked for there


class WorkerLost(SandboxError):
    """A loaded program's worker failed, so the program has no verdict: judge it again."""


class Opaque:
    """Stands for a result that is not plain data (or too large, or nested too deep); equals nothing."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __repr__(self) -> str:
        return f"<{self.what}>"

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return id(self)


class CallResult(Protocol):
    """What one call of `call_many` gave."""

    # The call returned; then `digest` and `value` are its result's.
    @property
    def ok(self) -> bool: ...

    # None where ok; ERROR where it raised (the next calls go on); TIMEOUT, MEMORY… end the program.
    @property
    def verdict(self) -> Verdict | None: ...

    # One line: the exception as "ValueError: text", the limit that was passed. Empty where ok.
    @property
    def detail(self) -> str: ...

    # Seconds of the call as the jail measured them: for people, never for a verdict.
    @property
    def seconds(self) -> float: ...

    # benchkit.judging.sandbox.digest(value): equal digests mean equal values of equal types.
    @property
    def digest(self) -> bytes: ...

    # The result as exact builtin types (or Opaque); a large one is fetched now, while the program is loaded.
    @property
    def value(self) -> Any: ...


class LoadedProgram(Protocol):
    """A program in the jail that waits for calls."""

    # None where the source ran to its end, else what stopped it (then call_many yields nothing).
    @property
    def failure(self) -> Outcome | None: ...

    # Wall time of the whole program once it is over, as the trusted side measured it; no wait for a worker.
    @property
    def seconds(self) -> float: ...

    # Calls in order, sent in batches. `entry_point`: "name" or "Solution().name" (one object for all calls).
    # limits.wall_s is per call. After a reply that ended the program (timeout, crash) the iterator ends.
    # WorkerLost, here and where a large value is fetched, if the sandbox failed.
    def call_many(
        self, entry_point: str, inputs: Sequence[tuple[Any, ...]], limits: Limits | None = None
    ) -> Iterator[CallResult]: ...


@dataclass(frozen=True)
class Isolation:
    """What stands between the code and the machine, as the probe found it."""

    level: str  # namespaces, landlock, docker, podman, none
    layers: tuple[str, ...]  # in words, one a layer
    warnings: tuple[str, ...] = ()  # what is weaker than it could be, and the next step
    python: str = ""  # the version that Python programs run on

    @property
    def same_python(self) -> bool:
        """Whether programs run on the Python that we run on."""
        return self.level not in ENGINES

    def as_record(self) -> dict[str, Any]:
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class LevelFact:
    """Whether this machine can give one level of isolation, or the cgroup beside it, for `doctor`."""

    level: str
    available: bool
    layers: tuple[str, ...] = ()
    reason: str = ""  # why not, or what is weaker
    advice: str = ""  # what to do about it


class Sandbox(Protocol):
    """Runs untrusted code. Methods block, and may be called from several threads at once."""

    isolation: Isolation
    workers: int

    # One whole program with real file descriptors.
    def run(self, program: Program, limits: Limits = ...) -> Outcome: ...

    # HumanEval's check(candidate), or bare asserts that call `entry_point`; run on the trusted side.
    # `support` is trusted source the test leans on: the problem's prompt with its helper functions.
    def check(
        self, source: str, test: str, entry_point: str, limits: Limits = ..., *, support: str = ""
    ) -> Outcome: ...

    # One fork, many calls over one connection; limits.wall_s is for the source to run to its end.
    def load(self, source: str, limits: Limits = ...) -> AbstractContextManager[LoadedProgram]: ...
