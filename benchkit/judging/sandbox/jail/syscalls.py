"""The system calls that Python's library does not offer, each a short function that raises OSError."""

from __future__ import annotations

import ctypes
import os
import signal

from benchkit.judging.sandbox.jail.numbers import number

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2

_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_THP_DISABLE = 41
_CLONE_VM = 0x100
_CAPABILITY_HEADER = (0x20080522).to_bytes(4, "little") + bytes(4)  # version 3, ourselves
_LAST_CAPABILITY = 63

_NO_MORE = (0, 0, 0, 0, 0, 0)
_libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL: no thread can slip in between a call and its errno
_libc.syscall.restype = ctypes.c_long
_libc.syscall.argtypes = [ctypes.c_long, *[ctypes.c_void_p] * 6]  # a pointer also takes numbers, of any sign
_idle_stack = ctypes.create_string_buffer(64 << 10)
_idle_top = ctypes.c_void_p(ctypes.addressof(_idle_stack) + len(_idle_stack) & ~15)
_pause = ctypes.cast(_libc.pause, ctypes.c_void_p)


def call(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make the system call of that name."""
    which = number(name)
    if which is None:
        raise OSError(38, f"{name}: this machine has no such system call")
    result = int(_libc.syscall(which, *arguments, *_NO_MORE[len(arguments) :]))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def unshare(flags: int) -> None:
    call("unshare", flags)


def setns(fd: int, kind: int) -> None:
    call("setns", fd, kind)


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    call("mount", source.encode(), os.fsencode(target), kind.encode(), flags, options.encode())


def unmount(target: str) -> None:
    call("umount2", os.fsencode(target), MNT_DETACH)


def pivot_root(new: str, put_old: str) -> None:
    call("pivot_root", os.fsencode(new), os.fsencode(put_old))


def make_read_only(target: str) -> None:
    """A mount and all mounts below it: read-only, no set-uid, no devices."""
    attributes = (_ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV).to_bytes(8, "little") + bytes(24)
    call("mount_setattr", _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE, attributes, len(attributes))


def no_new_privileges() -> None:
    call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def name_process(name: str) -> None:
    """As `ps` shows it, 15 letters of it."""
    call("prctl", _PR_SET_NAME, name.encode(), 0, 0, 0)


def die_with_parent() -> None:
    call("prctl", _PR_SET_PDEATHSIG, 9, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def forbid_dumps() -> None:
    """No core files, and no process of the same user may attach to or read this one."""
    call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def forbid_huge_pages() -> None:
    """A fork that writes one byte should copy 4 KiB, not 2 MiB."""
    call("prctl", _PR_SET_THP_DISABLE, 1, 0, 0, 0)


def drop_bounding_capabilities() -> None:
    """No exec from here on can bring a capability back."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:  # an ordinary user (nothing to drop), or past the kernel's last one
            return


def drop_capabilities() -> None:
    call("capset", _CAPABILITY_HEADER, bytes(24))  # the ambient ones go with them


def spawn_idle() -> int:
    """A child that does nothing but wait in the kernel, on our own memory: no page is copied for it.

    It has the caller's rights and runs no code; as for the caller, nobody may attach to it (`forbid_dumps`).
    """
    pid = int(_libc.clone(_pause, _idle_top, _CLONE_VM | signal.SIGCHLD, None))
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone")
    return pid


def current_cpu() -> int:
    return int(_libc.sched_getcpu())


def pidfd_open(pid: int) -> int:
    return call("pidfd_open", pid, 0)


def fork() -> int:
    """A fork without what Python does after one for the sake of threads: the caller has none.

    Python's random numbers would go on alike on both sides.
    """
    pid = int(_libc.fork())
    if pid < 0:
        raise OSError(ctypes.get_errno(), "fork")
    return pid
