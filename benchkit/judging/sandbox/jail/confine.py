# ruff: noqa: PTH208
# Descriptors and byte-exact calls of the system; pathlib would be memory and time for nothing in every fork.
"""What a fork of the zygote does to itself before it runs a program's code, each layer once.

The zygote works out as much as it can beforehand (`plan`): in a fork every page touched is a page copied.
The order is forced: identity needs privileges, the filter forbids everything that comes before it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import socket
from dataclasses import dataclass, replace
from typing import NamedTuple

from benchkit.judging.sandbox.jail import landlock, seccomp, syscalls
from benchkit.judging.sandbox.wire.frames import Job

_ROOM = 4096  # for all other processes of the same user
_MAIN_STACK = 128 << 20  # as far as the kernel leaves room below a stack that began with 8 MiB
_DESCRIPTORS = 256
# To send one descriptor takes a limit above the number of those that programs before may have left on their
# way in sockets: each message may hold 253, and is refused from the limit on.
_DESCRIPTORS_TO_SEND = 1024


@dataclass(frozen=True)
class Cage:
    """What holds all programs of a worker."""

    private: str  # the private folder
    own_pid_namespace: bool
    own_root: bool
    uid: int | None  # the unprivileged user to become (root without namespaces)
    uid_reads_python: (
        bool  # … who can read the interpreter's files; else Python programs stay root, without rights
    )
    landlock_abi: int  # 0: none
    filtered: bool

    @property
    def asks_for_threads(self) -> bool:
        """Whether only the zygote counts a program's threads apart; kernels with Landlock can ask it."""
        return self.landlock_abi > 0 and not self.own_pid_namespace


class ConfinementPlan(NamedTuple):
    """All that a fork has to do, worked out."""

    uid: int | None
    limits: tuple[tuple[int, tuple[int, int]], ...]
    gives_way: bool
    rules: seccomp.FilterRules | None
    filter: ctypes.Array[ctypes.c_char] | None


def plan(cage: Cage, job: Job) -> ConfinementPlan:
    uid = cage.uid if job.kind == "command" or cage.uid_reads_python else None
    # Only where the kernel counts processes: of root it does not.
    counted = cage.own_pid_namespace or uid is not None or os.getuid() != 0
    may_fork = job.processes > 1 and counted
    command = job.kind == "command"
    rules = seccomp.FilterRules(
        own_pid_namespace=cage.own_pid_namespace,
        own_root=cage.own_root,
        may_fork=may_fork,
        may_exec=command or may_fork,
        threads_asked=cage.asks_for_threads and not may_fork,
        addresses_counted=not command,
        landlock_abi=cage.landlock_abi,
    )
    others = 4 if cage.own_pid_namespace else _tasks(uid) if may_fork else _ROOM
    limits = _limits(job, others)
    if not cage.filtered:
        return ConfinementPlan(uid, limits, may_fork, None, None)
    return ConfinementPlan(uid, limits, may_fork, rules, seccomp.compile_filter(rules))


def _limits(job: Job, others: int) -> tuple[tuple[int, tuple[int, int]], ...]:
    """The kernel's own limits, soft and hard; a program can lower them, never raise them."""
    tasks = others + job.processes + job.threads
    limits = [
        # One second between SIGXCPU, which shows the reason, and SIGKILL, which cannot be caught.
        (resource.RLIMIT_CPU, (job.cpu_s, job.cpu_s + 1)),
        (resource.RLIMIT_FSIZE, (job.file_bytes, job.file_bytes)),
        (resource.RLIMIT_NPROC, (tasks, tasks)),
    ]
    if job.kind == "command":
        # Other languages reserve more address space than they use; a thread's stack counts as data.
        stack = job.memory // 32
        return (
            *limits,
            (resource.RLIMIT_AS, (job.addresses, job.addresses)),
            (resource.RLIMIT_DATA, (job.memory, job.memory)),
            (resource.RLIMIT_STACK, (stack, stack)),
        )
    # Both, since the judge's own limit on data was inherited and may be lower.
    space = (job.memory, job.memory)
    return (*limits, (resource.RLIMIT_AS, space), (resource.RLIMIT_DATA, space))


def _tasks(uid: int | None) -> int:
    """Processes and threads that the user has already: the kernel counts them all together."""
    owner = os.getuid() if uid is None else uid
    count = 0
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == owner:
                count += len(os.listdir(f"{entry.path}/task"))
    return count


def limit_worker(*, forks_send: bool) -> None:
    """Limits that are the same for every program: the zygote takes them on, its forks inherit them."""
    _lower(resource.RLIMIT_CORE, 1)  # not 0: the system's crash handler would be called all the same
    _lower(resource.RLIMIT_MEMLOCK, 0)
    _lower(resource.RLIMIT_MSGQUEUE, 0)
    _lower(resource.RLIMIT_NOFILE, _DESCRIPTORS_TO_SEND if forks_send else _DESCRIPTORS)
    _lower(resource.RLIMIT_STACK, _MAIN_STACK)


def leave_room_to_send() -> None:
    """For who sends programs their descriptors: some shells set a soft limit as low as a program's own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _DESCRIPTORS_TO_SEND:
        most = _DESCRIPTORS_TO_SEND if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS_TO_SEND, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _lower(which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (most, most))


def drop_identity(uid: int | None) -> None:
    """An unprivileged user where there is one to become; no capability in any case."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    syscalls.drop_capabilities()


def confine(
    planned: ConfinementPlan, landlock_rules: int | None, descriptors: int, outbox: socket.socket | None
) -> None:
    """From here on the process can do what its program may do, and nothing else.

    Through the outbox goes what the zygote needs to answer the filter's questions.
    """
    if planned.gives_way:
        os.nice(10)  # many processes at once must not keep those that end them from running
    for which, (soft, hard) in planned.limits:
        _set(which, soft, hard)
    if landlock_rules is not None:
        landlock.restrict(landlock_rules)
    if planned.rules is not None and planned.rules.threads_asked and outbox is not None:
        _filter_with_questions(planned, planned.rules, descriptors, outbox)
    else:
        os.closerange(descriptors, _DESCRIPTORS)
        if planned.filter is not None:
            seccomp.install(planned.filter)
    if outbox is not None:
        _lower(resource.RLIMIT_NOFILE, _DESCRIPTORS)


def _filter_with_questions(
    planned: ConfinementPlan, rules: seccomp.FilterRules, descriptors: int, outbox: socket.socket
) -> None:
    """The program must get neither end: the process that holds the listener decides about system calls."""
    kept = outbox.fileno()
    os.closerange(descriptors, kept)
    os.closerange(kept + 1, _DESCRIPTORS)
    assert planned.filter is not None
    try:
        listener = seccomp.install(planned.filter, listener=True)
    except OSError:  # a filter that we live under has a listener; there can be but one
        seccomp.install(seccomp.compile_filter(replace(rules, threads_asked=False)))
    else:
        with contextlib.suppress(OSError):  # then it has no threads at all
            socket.send_fds(outbox, [b"x"], [listener])
        os.close(listener)
    outbox.close()


def _set(which: int, soft: int, hard: int) -> None:
    try:
        resource.setrlimit(which, (soft, hard))
    except ValueError:  # the user's own hard limit is lower still
        _lower(which, soft)
