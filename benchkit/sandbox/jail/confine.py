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


MAIN_STACK = 128 << 20  # as far as the kernel leaves room below a stack that began with 8 MiB


@dataclass(frozen=True)
class Cage:
    """What holds a worker's programs: made once by the zygote, laid on by each fork."""

    private: str  # the private folder
    own_pid_namespace: bool
    own_root: bool
    uid: int | None  # drop to this user (root without namespaces)
    landlock_abi: int  # 0: none
    landlock_rules: int | None
    filtered: bool
    tasks_already: int  # processes of our user that the limit must leave room for


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


def rules(cage: Cage, job: Job) -> seccomp.Rules:
    command = job.kind == "command"
    return seccomp.Rules(
        own_pid_namespace=cage.own_pid_namespace,
        own_root=cage.own_root,
        may_fork=job.processes > 1,
        may_exec=command or job.processes > 1,
        shared_memory=not command,
        landlock_abi=cage.landlock_abi,
    )


def drop_identity(cage: Cage) -> None:
    """An unprivileged user where there is one to become; no capability in any case."""
    if cage.uid is not None:
        os.setgroups([])
        os.setresgid(cage.uid, cage.uid, cage.uid)
        os.setresuid(cage.uid, cage.uid, cage.uid)
    syscalls.drop_capabilities()


def limit(cage: Cage, job: Job) -> None:
    """The kernel's own limits; a program can lower them, never raise them."""
    tasks = cage.tasks_already + job.processes + job.threads
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


def confine(cage: Cage, job: Job, landlock_rules: int | None) -> None:
    """From here on the process can do what its program may do, and nothing else."""
    limit(cage, job)
    if landlock_rules is not None:
        landlock.restrict(landlock_rules)
        os.close(landlock_rules)
    if cage.filtered:
        seccomp.install(seccomp.compile_filter(rules(cage, job)))


def as_job(message: dict[str, Any]) -> Job:
    return Job(**message)
