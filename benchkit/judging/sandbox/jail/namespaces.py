# ruff: noqa: PTH102, PTH103, PTH112, PTH114, PTH115, PTH120, PTH123, PTH211
# Descriptors and byte-exact calls of the system; pathlib would be memory and time for nothing in every fork.
"""A root of its own: the toolchain read-only, a few devices, /proc of its own processes, a private /tmp."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from benchkit.judging.sandbox.jail import syscalls as sys

ALL = (
    sys.CLONE_NEWUSER
    | sys.CLONE_NEWNS
    | sys.CLONE_NEWPID
    | sys.CLONE_NEWNET
    | sys.CLONE_NEWIPC
    | sys.CLONE_NEWUTS
)
INSIDE_UID = 1000
DEVICES = ("null", "zero", "full", "random", "urandom")
STANDARD_STREAMS = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}
PRIVATE = "/tmp"
PRIVATE_MODE = 0o700
_MOST_FILES = 20_000


def map_user(pid: int, user: int, group: int) -> None:
    """Give the process's user namespace its one user and group; for root its parent does so."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{INSIDE_UID} {user} 1"),
        ("gid_map", f"{INSIDE_UID} {group} 1"),
    ):
        with open(f"/proc/{pid}/{name}", "w") as file:
            file.write(text)


@dataclass(frozen=True)
class _Source:
    """A file or folder of the machine, opened while this process may still reach it."""

    path: str
    link: str | None
    folder: bool
    fd: int


def enter_root(new: str, readable: Sequence[str], size: int) -> tuple[str, ...]:
    """Build the root below the empty folder `new` and move into it; gives back what could not be had."""
    _keep_clear_of(readable)
    sources = [_find(path) for path in readable if os.path.lexists(path)]
    become_inside_user()
    sys.mount("", "/", "", sys.MS_REC | sys.MS_PRIVATE)
    sys.mount("jail", new, "tmpfs", sys.MS_NOSUID, "size=1m,mode=755")
    for source in sources:
        _show(source, new)
    missing = _own_places(new)
    os.chdir(new)
    sys.pivot_root(".", ".")
    sys.unmount(".")
    os.chdir("/")
    mount_private(size)
    sys.mount("", "/", "", sys.MS_REMOUNT | sys.MS_BIND | sys.MS_RDONLY | sys.MS_NOSUID)
    os.chdir(PRIVATE)
    return missing


def _keep_clear_of(readable: Sequence[str]) -> None:
    """An interpreter that lies below /tmp would be hidden by a fresh /tmp: the private folder moves away."""
    global PRIVATE
    if any(path.startswith(PRIVATE + "/") for path in readable):
        PRIVATE = "/private"


def become_inside_user() -> None:
    """The one user there is; what we make from here on belongs to it."""
    os.setresgid(INSIDE_UID, INSIDE_UID, INSIDE_UID)
    os.setresuid(INSIDE_UID, INSIDE_UID, INSIDE_UID)


def _find(path: str) -> _Source:
    link = os.readlink(path) if os.path.islink(path) else None
    return _Source(path, link, os.path.isdir(path), os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC))


def _show(source: _Source, new: str) -> None:
    """Read-only at its own name; a link stays a link."""
    target = new + source.path
    if not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if source.link is not None:
            os.symlink(source.link, target)
        else:
            _bind(source, target)
    os.close(source.fd)


def _bind(source: _Source, target: str) -> None:
    if source.folder:
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    sys.mount(f"/proc/self/fd/{source.fd}", target, "", sys.MS_BIND | sys.MS_REC)
    sys.make_read_only(target)


def _own_places(new: str) -> tuple[str, ...]:
    os.makedirs(f"{new}/etc", exist_ok=True)
    with open(f"{new}/etc/passwd", "w") as file:
        file.write(f"program:x:{INSIDE_UID}:{INSIDE_UID}::{PRIVATE}:/bin/sh\n")
    for folder in ("dev", "proc", PRIVATE[1:]):
        os.makedirs(f"{new}/{folder}", exist_ok=True)
    for device in DEVICES:
        os.close(os.open(f"{new}/dev/{device}", os.O_CREAT | os.O_WRONLY))
        sys.mount(f"/dev/{device}", f"{new}/dev/{device}", "", sys.MS_BIND)
    for name, end in STANDARD_STREAMS.items():
        os.symlink(f"/proc/self/fd{end}", f"{new}/dev/{name}")
    try:
        sys.mount("proc", f"{new}/proc", "proc", sys.MS_NOSUID | sys.MS_NODEV | sys.MS_NOEXEC)
    except OSError:  # a container that masks parts of /proc allows no fresh one
        return ("/proc",)
    return ()


def mount_private(size: int) -> None:
    """A fresh, empty /tmp that holds so much and no more."""
    flags = sys.MS_NOSUID | sys.MS_NODEV
    sys.mount(
        "private", PRIVATE, "tmpfs", flags, f"size={size},nr_inodes={_MOST_FILES},mode={PRIVATE_MODE:o}"
    )


def resize_private(size: int) -> None:
    sys.mount("private", PRIVATE, "tmpfs", sys.MS_REMOUNT | sys.MS_NOSUID | sys.MS_NODEV, f"size={size}")


def renew_private(size: int) -> None:
    """Throw the old /tmp away, whatever is in it."""
    with contextlib.suppress(OSError):
        while True:
            sys.unmount(PRIVATE)
    mount_private(size)
    os.chdir(PRIVATE)
