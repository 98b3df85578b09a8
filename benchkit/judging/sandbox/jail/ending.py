# ruff: noqa: PTH123
# As in the zygote, pathlib would be memory and time for nothing in every fork.
"""Ends a program with all that it started: by its namespace, by its group, and what the kernel gave to us."""

from __future__ import annotations

import contextlib
import os
import select
import signal

from benchkit.judging.sandbox.jail import syscalls

_NAMESPACE_END_S = 0.1  # that the first process of a namespace takes to end after all others


def kill_all(pid: int, init: int | None) -> None:
    """With a namespace's first process all others die; without one there is the group that none can leave."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if init is not None:
            os.kill(init, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)  # it may not have made its group yet
            os.killpg(pid, signal.SIGKILL)


def ends_by_itself(init: int) -> bool:
    """Whether a namespace's first process, all others of which are dead, is about to end."""
    watched = syscalls.pidfd_open(init)
    ends = bool(select.select([watched], [], [], _NAMESPACE_END_S)[0])
    os.close(watched)
    return ends


def reap_orphans() -> None:
    """All that is left are descendants that became our children; none of them may live."""
    with contextlib.suppress(ChildProcessError, FileNotFoundError):
        while True:
            with open("/proc/thread-self/children") as file:
                children = file.read().split()
            for child in children:
                os.kill(int(child), signal.SIGKILL)
            for _ in children or ("none that we see",):
                os.waitpid(-1, 0)
