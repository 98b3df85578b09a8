"""What a fork of the zygote does to itself before it runs a program's code: each layer once, in an order that works.

Identity first (it needs privileges), then limits, then Landlock, then the filter, which forbids all of it.
"""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchkit.sandbox.jail import landlock, seccomp, syscalls


_ROOM = 4096  # for all the other processes of a user who is at work
MAIN_STACK = 128 << 20  # as far as the kernel leaves room below a stack that began with 8 MiB


@dataclass(frozen=True)
class Cage:
    """What holds a worker's programs: made once by the zygote, laid on by each fork."""

    private: str  # the private folder
    own_pid_namespace: bool
    own_root: bool
    uid: int | None  # the unprivileged user to become (root without namespaces)
    uid_reads_python: (
        bool  # … who can read the interpreter's files; else Python programs stay root, without rights
    )
    landlock_abi: int  # 0: none
    landlock_rules: int | None
    filtered: bool


@dataclass(frozen=True)
class Job:
    """What the zygote must know of a program; its code and data never pass through the zygote."""

    kind: str  # functions, source, command
    cpu_s: int
    memory: int
    file_bytes: int
    processes: int
    threads: int
    keep: Sequence[str] = ()


def becomes(cage: Cage, job: Job) -> int | None:
    """The user that the program runs as, if not the present one."""
    return cage.uid if job.kind == "command" or cage.uid_reads_python else None


def may_fork(cage: Cage, job: Job) -> bool:
    """Only where the kernel counts processes: of root it does not."""
    counted = cage.own_pid_namespace or becomes(cage, job) is not None or os.getuid() != 0
    return job.processes > 1 and counted


def rules(cage: Cage, job: Job) -> seccomp.Rules:
    command = job.kind == "command"
    return seccomp.Rules(
        own_pid_namespace=cage.own_pid_namespace,
        own_root=cage.own_root,
        may_fork=may_fork(cage, job),
        may_exec=command or may_fork(cage, job),
        shared_memory=not command,
        landlock_abi=cage.landlock_abi,
    )


def drop_identity(uid: int | None) -> None:
    """An unprivileged user where there is one to become; no capability in any case."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    syscalls.drop_capabilities()


def limit(job: Job, tasks_already: int) -> None:
    """The kernel's own limits; a program can lower them, never raise them."""
    tasks = tasks_already + job.processes + job.threads
    # The private data of other languages is what they use; their address space they only reserve.
    command = job.kind == "command"
    memory = resource.RLIMIT_DATA if command else resource.RLIMIT_AS
    limits = {
        resource.RLIMIT_CPU: job.cpu_s,
        resource.RLIMIT_FSIZE: job.file_bytes,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_NPROC: tasks,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        # Deep recursion; of other languages each thread takes as much, and it counts as data.
        resource.RLIMIT_STACK: job.memory // 32 if command else MAIN_STACK,
        memory: job.memory,
    }
    for which, most in limits.items():
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # One second between SIGXCPU, which tells the reason, and SIGKILL, which cannot be caught.
        above = most + 1 if which == resource.RLIMIT_CPU else most
        with contextlib.suppress(ValueError):
            resource.setrlimit(which, (most, above))


def give_way() -> None:
    """Many processes at once must not keep those that end them from running."""
    os.nice(10)


def confine(cage: Cage, job: Job, landlock_rules: int | None) -> None:
    """From here on the process can do what its program may do, and nothing else."""
    if may_fork(cage, job):
        give_way()
    limit(job, 4 if cage.own_pid_namespace else _tasks_already(cage, job))
    if landlock_rules is not None:
        landlock.restrict(landlock_rules)
        os.close(landlock_rules)
    if cage.filtered:
        seccomp.install(seccomp.compile_filter(rules(cage, job)))


def _tasks_already(cage: Cage, job: Job) -> int:
    """Processes and threads that the program's user has: the kernel counts them all together.

    Counted only for a program that may fork; threads alone are bounded by its memory as well.
    """
    if not may_fork(cage, job):
        return _ROOM
    return _count_tasks(os.getuid())


def _count_tasks(uid: int) -> int:
    count = 0
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                count += len(os.listdir(f"{entry.path}/task"))
    return count


def as_job(message: dict[str, Any]) -> Job:
    return Job(**message)
