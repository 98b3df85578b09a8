"""How much of a model's file lies in the page cache: what its next load has to fetch from the disk."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from benchkit.files import real_path

_WINDOW = 1 << 30  # of a file at once
_MOUNTS = Path("/proc/self/mountinfo")
NETWORK = frozenset({
    "9p", "afs", "ceph", "cifs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
    "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.ceph", "fuse.davfs", "virtiofs",
})  # fmt: skip
"""File systems whose reading may take a network, or a link that others need."""


def cached_percent(paths: Iterable[Path]) -> float | None:
    """Of all these files; None where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    cached = total = 0
    with suppress(OSError, AttributeError):
        for path in paths:
            there, size = _pages(path)
            cached, total = cached + there, total + size
        return round(100 * cached / total, 1) if total else None
    return None


def _pages(path: Path) -> tuple[int, int]:
    """How many of a file's pages are there, and how many it has."""
    libc = _libc()
    size = path.stat().st_size
    there = 0
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for offset in range(0, size, _WINDOW):
            there += _pages_in(libc, descriptor, offset, min(_WINDOW, size - offset))
    finally:
        os.close(descriptor)
    return there, _count(size)


def _pages_in(libc: ctypes.CDLL, descriptor: int, offset: int, length: int) -> int:
    address = libc.mmap(None, length, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, offset)
    if address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    states = ctypes.create_string_buffer(_count(length))
    try:
        if libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(length), states):
            raise OSError(ctypes.get_errno(), "mincore")
    finally:
        libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(length))
    return len(states.raw) - states.raw.count(b"\0")


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    size, number = ctypes.c_size_t, ctypes.c_int
    libc.mmap.argtypes = [ctypes.c_void_p, size, number, number, number, ctypes.c_int64]
    return libc


def _count(size: int) -> int:
    return -(-size // mmap.PAGESIZE)


def is_on_network(path: Path) -> bool:
    """Whether the file lies on another machine, as far as the system reports it."""
    return file_system(path) in NETWORK


def file_system(path: Path) -> str | None:
    """The type of the file system that holds it."""
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
        real = real_path(path)
    except OSError:
        return None
    mounted = [(words[4], words[words.index("-") + 1]) for words in map(str.split, lines) if "-" in words]
    holding = [(place, kind) for place, kind in mounted if real.is_relative_to(_unescaped(place))]
    return max(holding, key=lambda one: len(one[0]))[1] if holding else None


def _unescaped(place: str) -> str:
    return place.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
