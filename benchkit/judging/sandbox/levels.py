"""Which level of isolation this machine gives, found out by starting it; what it means in words.

To add a level: its name in __init__'s LEVELS, its layers below, and how its zygote starts in launch.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain

from benchkit.errors import SandboxError, UsageError
from benchkit.judging.sandbox.base import Isolation, LevelFact, Sandbox
from benchkit.judging.sandbox.judge.cgroups import WorkerCgroup
from benchkit.judging.sandbox.missing import LevelMissing
from benchkit.judging.sandbox.pool import delegation
from benchkit.judging.sandbox.pool.fork_server import ForkServer
from benchkit.judging.sandbox.pool.pool import Pool
from benchkit.judging.sandbox.wire.setup import JailFacts

MOST_A_CORE = 8  # workers: each is three processes, and more than the cores judge no sooner
SAFE = ("namespaces", "landlock")  # those that `auto` tries, the best first

_FILTER = "seccomp: system calls by allow-list; no sockets, no signals to others"
_LIMITS = "rlimits: memory, CPU time, file size, open files, processes"
_CGROUP = "cgroup: memory and processes of a program as a whole"
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
    "cgroup": (
        "nothing needs it; to bound what a program's processes take together, start the tool with"
        " systemd-run --user --scope -p Delegate=yes (as root: without --user)"
    ),
}
_SHALLOW = ("3.12.", "3.13.")  # whatever limit a program sets
_WEAK = {
    "landlock": (
        "no namespaces: the private folder is an ordinary one on disk, its size looked at ten times a second,"
        " and a program can see that files exist which it cannot read"
    ),
    "none": "no isolation at all: programs can read and change whatever you can",
}


@contextmanager
def start_level(
    level: str, workers: int | None, fork_server: ForkServer, toolchains: Sequence[str] = ()
) -> Iterator[Callable[[], Sandbox]]:
    """Start a pool at that level; the call that is given waits for it, or for the next best.

    SandboxError says what to do where the machine does not give it.
    """
    cores = len(os.sched_getaffinity(0))
    count = workers or cores
    if count > MOST_A_CORE * cores:
        raise UsageError(f"{count} workers are too many for {cores} cores: at most {MOST_A_CORE * cores}")
    best, *others = SAFE if level == "auto" else (level,)
    with ExitStack() as started:

        def start(name: str, fork_server: ForkServer | None = None) -> Pool:
            pool = Pool(name, count, fork_server=fork_server, toolchains=toolchains)
            started.callback(pool.close)
            return pool

        first = start(best, fork_server)
        yield lambda: _first_that_is_given(chain([first], map(start, others)))


def _first_that_is_given(pools: Iterable[Pool]) -> Pool:
    missing: dict[str, str] = {}
    for pool in pools:
        try:
            facts = pool.ready()
        except LevelMissing as error:
            missing[pool.level] = str(error)
        else:
            pool.isolation = describe(pool.level, facts, missing)
            return pool
    raise SandboxError(_refusal(missing))


def _refusal(missing: Mapping[str, str]) -> str:
    reasons = "; ".join(f"{name}: {reason}" for name, reason in missing.items())
    return f"no safe way to run the model's code here ({reasons}). {_ADVICE[list(missing)[-1]]}"


def describe(level: str, facts: JailFacts, missing: Mapping[str, str]) -> Isolation:
    """What the started zygote found, in words; `missing`: better levels that could not be had."""
    layers = list(_LAYERS[level])
    abi = facts.landlock_abi
    if abi:
        further = (", TCP" if abi >= 4 else "") + (", signals" if abi >= 6 else "")
        layers.insert(1, f"Landlock (version {abi}): files by name{further}")
    if facts.cgroup:
        layers.append(_CGROUP)
    warnings = [f"no {name} ({reason}): {_ADVICE[name]}" for name, reason in missing.items()]
    warnings += [_WEAK[level]] if level in _WEAK else []
    warnings += [f"{what} could not be had inside" for what in facts.missing]
    if facts.root:
        warnings.append(
            "Python programs run as root without rights, since only root can read this interpreter:"
            " run as an ordinary user, or with a Python that all can read"
        )
    if facts.python.startswith(_SHALLOW):
        warnings.append(
            f"Python {facts.python} itself ends a recursion through C, as with functools.cache, after a"
            " few thousand calls or fewer: answers that go deeper fail here and pass on 3.11"
        )
    return Isolation(level, tuple(layers), tuple(warnings), facts.python)


def try_levels() -> tuple[LevelFact, ...]:
    """Each level started once with one worker, for `doctor`; and the layer that some machines add to them."""
    return (*(_try(level) for level in ("namespaces", "landlock", "docker", "podman")), _try_cgroup())


def _try_cgroup() -> LevelFact:
    try:
        WorkerCgroup(str(delegation.prepared())).close()
    except delegation.NotDelegated as missing:
        return LevelFact("cgroup", available=False, reason=str(missing), advice=_ADVICE["cgroup"])
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}"
        return LevelFact("cgroup", available=False, reason=reason, advice=_ADVICE["cgroup"])
    return LevelFact("cgroup", available=True, layers=(_CGROUP,))


def _try(level: str) -> LevelFact:
    try:
        with Pool(level, 1) as pool:
            isolation = describe(level, pool.ready(), {})
    except SandboxError as error:
        return LevelFact(level, available=False, reason=str(error), advice=_ADVICE[level])
    return LevelFact(level, available=True, layers=isolation.layers, reason="; ".join(isolation.warnings))
