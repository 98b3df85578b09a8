"""The small program between the runner and a model server: when the runner ends, so does the server.

    python -I -S supervisor.py PIPE KIND COMMAND...

PIPE is the reading end of a pipe whose other end only the runner holds. A byte in it asks the server to end;
its end of file, which the kernel brings about however the runner dies, kills the server and all it started.
KIND is how "all it ever started" is known:

namespace   the supervisor's child is process 1 of a PID namespace: when it ends, the kernel kills the rest
subreaper   orphans of the server become the supervisor's children, and are found there
group       the server's process group: all there is outside Linux
auto        the first of these that works

The exit code is the server's, or 128 and the signal that ended it. Only the quickest modules of the library
are imported: this start is part of every server's start.
"""

from __future__ import annotations

import os
import select
import sys

TYPE_CHECKING = False  # as in typing, whose import would cost 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SIGKILL, SIGTERM = 9, 15
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID = 0x20000, 0x10000000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_SLAVE = 2, 4, 8, 0x4000, 0x80000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
CANNOT_EXECUTE = 127
NOTICES_AN_END_S = 0.05  # where the kernel has no pidfd
REAPS_ORPHANS_S = 1.0


def main() -> int:
    pipe, kind, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    os.set_inheritable(pipe, False)
    if kind in ("auto", "namespace"):
        if _enter_namespace():
            return _wait_for_first_process(pipe, command)
        if kind == "namespace":
            _say("no PID namespace can be made here")
            return CANNOT_EXECUTE
    return _supervise(pipe, command, "subreaper" if kind != "group" and _become_subreaper() else "group")


def _supervise(pipe: int, command: list[str], kind: str) -> int:
    """Start the server, end it when the pipe closes, and return its exit code."""
    server = _start(command)
    status = _watch(pipe, server)
    if status is None:
        _signal_group(server, SIGKILL)
        status = SIGKILL
    if (
        kind == "subreaper"
    ):  # the kernel does it when process 1 of a namespace exits; a group has ended by now
        _kill_descendants()
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _start(command: list[str]) -> int:
    """Fork and execute the server in a session of its own."""
    supervisor = os.getpid()
    server = os.fork()
    if server:
        return server
    os.setsid()
    _die_with_parent(supervisor)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        _say(f"cannot start {command[0]}: {error.strerror}")
    os._exit(CANNOT_EXECUTE)


def _watch(pipe: int, server: int) -> int | None:
    """The server's wait status once it has ended; None when the runner has ended and it has not."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    pidfd_open = getattr(os, "pidfd_open", None)
    if pidfd_open:
        poll.register(pidfd_open(server), select.POLLIN)
    patience = REAPS_ORPHANS_S if pidfd_open else NOTICES_AN_END_S
    while True:
        ready = [descriptor for descriptor, _ in poll.poll(patience * 1000)]
        status = _reap(server)
        if status is not None:
            return status
        if pipe in ready:
            if not os.read(pipe, 1):
                return None
            _signal_group(server, SIGTERM)


def _reap(server: int) -> int | None:
    """Collect whatever has ended; the server's status if it is among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == 0:
            return None
        if pid == server:
            return status


def _kill_descendants() -> None:
    """Kill until none is left; those whose parent went first have become our children."""
    while descendants := _descendants(os.getpid()):
        for pid in descendants:
            _signal(pid, SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _descendants(root: int) -> list[int]:
    """All processes below this one."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - pathlib costs 10 ms of every start
        if entry.isdigit():
            children.setdefault(_parent(entry), []).append(int(entry))
    descendants, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        descendants += below
        waiting += below
    return descendants


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - as above
            return int(stat.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0  # it ended meanwhile


def _enter_namespace() -> bool:
    """Give the next child a PID namespace of its own; a user namespace allows that to all but root."""
    if sys.platform != "linux":
        return False
    if _libc().unshare(CLONE_NEWPID | CLONE_NEWNS) == 0:
        return True
    return _works_in_a_child(_enter_user_namespace) and _enter_user_namespace()


def _enter_user_namespace() -> bool:
    user, group = os.getuid(), os.getgid()
    if _libc().unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) != 0:
        return False
    try:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    except OSError:
        return False
    return True


def _works_in_a_child(enter: Callable[[], bool]) -> bool:
    """Tried out first: AppArmor may let a namespace be made and not be filled, and there is no way back."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    os._exit(0 if enter() else 1)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123 - as above
        file.write(text)


def _wait_for_first_process(pipe: int, command: list[str]) -> int:
    """Fork process 1 of the namespace, which supervises, and pass on how it ended."""
    first = os.fork()
    if first:
        os.close(pipe)
        _, status = os.waitpid(first, 0)
        return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    _die_with_parent(0)
    _mount_proc()
    return _supervise(pipe, command, "namespace")


def _become_subreaper() -> bool:
    return sys.platform == "linux" and bool(_libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def _mount_proc() -> None:
    """Let processes find themselves in /proc by their new numbers, where that is allowed."""
    libc = _libc()
    if libc.mount(b"none", b"/", None, MS_REC | MS_SLAVE, None) == 0:
        libc.mount(b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)


def _die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, even if that has happened already."""
    if sys.platform == "linux":
        _libc().prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(128 + SIGKILL)


def _signal_group(leader: int, number: int) -> None:
    try:
        os.killpg(leader, number)
    except OSError:
        _signal(leader, number)  # it has not come to its setsid yet


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return  # gone already


def _say(text: str) -> None:
    os.write(2, f"[bench_runner] {text}\n".encode())


def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    os._exit(main())
