# ruff: noqa: PTH116, PTH208
# Descriptors and byte-exact calls of the system; pathlib would be memory and time for nothing in every fork.
"""What the zygote has around it: warm modules, its level's namespaces or rules, its private folder, its
descriptors."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import signal
import site
import socket
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchkit.judging.sandbox.jail import landlock, namespaces, programs, syscalls
from benchkit.judging.sandbox.jail.confine import Cage, limit_worker
from benchkit.judging.sandbox.wire.frames import MESSAGE
from benchkit.judging.sandbox.wire.setup import JailFacts, WorkerSetup

_HIGH = 100  # our own descriptors begin here, so that a program's come as 3 and up

# What solutions commonly use, so that their import costs nothing. Of a thousand published answers one or none
# imports any other module of the standard library; what is here is a page table longer for every fork.
_COMMON = (
    *("bisect", "collections", "copy", "functools", "heapq", "itertools", "json", "math", "operator"),
    *("re", "string", "threading", "time", "typing"),
)

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def import_common() -> None:
    for name in _COMMON:
        importlib.import_module(name)


def warm_up(libraries: Sequence[str] | None) -> None:
    """Import what programs will want; None: this machine's own libraries."""
    import_common()
    sys.path[:] = [*(site.getsitepackages() if libraries is None else libraries), *sys.path[2:]]
    site.setquit()
    site.sethelper()
    sys.dont_write_bytecode = True  # a program's own modules leave nothing to clean away


def import_also(names: Sequence[str]) -> None:
    """What few programs want and is slow to import; one thread, since no fork would have the others."""
    os.environ.update(ONE_THREAD)
    for name in names:
        with contextlib.suppress(Exception):  # the program will meet it itself
            importlib.import_module(name)
    for variable in ONE_THREAD:
        del os.environ[variable]
    settle()


def new_seeds() -> None:
    """For a fork, which would go on with the random numbers of all others, where libraries brought some."""
    for name in ("random", "numpy.random"):
        if module := sys.modules.get(name):
            module.seed()


def send(control: socket.socket, message: dict[str, Any]) -> None:
    control.send(json.dumps(message).encode())


def set_up(control: socket.socket, setup: WorkerSetup) -> ZygoteState:
    """Build the level asked for; an OSError here means that the machine does not give it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    syscalls.forbid_huge_pages()
    level = setup.level
    missing = _enter_namespaces(control, setup) if level == "namespaces" else ()
    private = namespaces.PRIVATE if level == "namespaces" else setup.scratch
    os.environ.update(HOME=private, TMPDIR=private)
    os.environ.pop("LD_BIND_NOW", None)  # it was for us alone
    os.chdir(private)
    if os.listdir("."):  # it will be emptied after each program
        raise OSError(0, f"the private folder {private} is not empty")
    abi = 0 if level == "none" else min(landlock.abi(), setup.most_landlock)
    if level == "landlock" and abi == 0:
        raise OSError(0, "this kernel has no Landlock")
    cage = _cage(setup, private, abi)
    _give_up_rights(cage)
    root = os.getuid() == 0 and not cage.uid_reads_python
    _redirect()
    python = ".".join(map(str, sys.version_info[:3]))
    facts = JailFacts(missing=missing, landlock_abi=abi, root=root, python=python)
    return ZygoteState(control, cage, setup, facts)


def _cage(setup: WorkerSetup, private: str, abi: int) -> Cage:
    own = setup.level == "namespaces"
    return Cage(
        private=private,
        own_pid_namespace=own,
        own_root=own,
        uid=None if own else setup.uid,
        uid_reads_python=setup.uid_reads_python,
        landlock_abi=abi,
        filtered=setup.level != "none",
    )


def _enter_namespaces(control: socket.socket, setup: WorkerSetup) -> tuple[str, ...]:
    user, group = os.getuid(), os.getgid()
    syscalls.unshare(namespaces.ALL)
    if setup.uid is None:
        namespaces.map_user(os.getpid(), user, group)
    else:  # root: only the parent may map another user
        send(control, {"map": os.getpid()})
        control.recv(MESSAGE)
    if os.fork():
        os._exit(0)  # the judge adopts the child, the first process of the new pid namespace
    socket.sethostname("jail")
    return namespaces.enter_root(setup.scratch, setup.readable, setup.private_bytes)


def _give_up_rights(cage: Cage) -> None:
    """What neither the zygote nor any program will need again."""
    limit_worker(forks_send=cage.asks_for_threads)
    syscalls.drop_bounding_capabilities()
    syscalls.no_new_privileges()
    syscalls.adopt_orphans()
    syscalls.forbid_dumps()


def out_of_the_way(fd: int) -> socket.socket:
    """A socket of ours at a number that no program's descriptor will have."""
    return socket.socket(fileno=_high(fd))


def close_others() -> None:
    """All descriptors but the standard streams and our own, which are out of the way."""
    os.closerange(3, _HIGH)


def _redirect() -> None:
    """Streams on nothing at 0, 1 and 2; 3 and up are free for the programs' descriptors."""
    programs.open_streams()
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    close_others()
    settle()


def settle() -> None:
    """All that is there now stays: a collection in a fork that looked at it would copy every page."""
    gc.freeze()


def _high(fd: int) -> int:
    number = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    os.close(fd)
    return number


@dataclass
class ZygoteState:
    """All that the zygote has around it."""

    control: socket.socket  # orders and reports
    cage: Cage
    setup: WorkerSetup
    facts: JailFacts

    def __post_init__(self) -> None:
        self.note_private()
        self._own_namespace = -1
        if self.cage.own_pid_namespace:
            self._own_namespace = _high(os.open("/proc/self/ns/pid", os.O_RDONLY))
        self.landlock_rules = self._make_rules()
        self._room = self.setup.private_bytes

    def begin_namespace(self) -> int | None:
        """Has the next fork live in a new pid namespace; gives back its first process, all others' end."""
        if not self.cage.own_pid_namespace:
            return None
        syscalls.setns(self._own_namespace, syscalls.CLONE_NEWPID)  # a new one can only be made from our own
        syscalls.unshare(syscalls.CLONE_NEWPID)
        return syscalls.spawn_idle()

    def note_private(self) -> None:
        """Set the private folder's times back, which would tell a program of another; note its state."""
        with contextlib.suppress(OSError):  # a container's is not ours; there they tell when it was emptied
            os.utime(self.cage.private, ns=(0, 0))
        facts = os.stat(self.cage.private)
        self.private_facts = (stat.S_IMODE(facts.st_mode), facts.st_mtime_ns)

    def make_room(self, size: int) -> None:
        """Have the private tmpfs hold so much and no more."""
        if self.cage.own_root and size != self._room:
            namespaces.resize_private(size)
            self._room = size

    def renew_private(self) -> None:
        """A new /tmp, and rules for it: Landlock's are bound to the old folder itself."""
        namespaces.renew_private(self._room)
        self.note_private()
        if self.landlock_rules is not None:
            os.close(self.landlock_rules)
        self.landlock_rules = self._make_rules()

    def _make_rules(self) -> int | None:
        """The toolchain to read, a few devices, the private folder; nothing else."""
        if not self.cage.landlock_abi:
            return None
        readable = ["/"] if self.cage.own_root else self.setup.readable
        devices = [(f"/dev/{name}", landlock.DEVICE) for name in namespaces.DEVICES]
        grants = [(path, landlock.READ) for path in readable]
        private = (self.cage.private, landlock.PRIVATE)
        return _high(landlock.ruleset(self.cage.landlock_abi, [*grants, *devices, private]))
