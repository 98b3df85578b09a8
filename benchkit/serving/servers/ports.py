"""Finds a free port and checks who owns it: two servers that picked the same port must not be confused."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
LISTENING = "0A"  # the kernel's TCP_LISTEN, in hexadecimal as /proc/net/tcp has it


def free_port() -> int:
    """A port that is free now; another process may still take it first, so its owner is checked later."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def listens_alone(port: int, pids: Iterable[int]) -> bool | None:
    """Whether every socket listening on the port belongs to these processes; None where it is unknown."""
    listeners = _listening_sockets(port)
    if listeners is None:
        return None
    return bool(listeners) and listeners <= {inode for pid in pids for inode in _sockets(pid)}


def _listening_sockets(port: int) -> set[str] | None:
    """The inodes of the sockets that listen on the port."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            if table == "/proc/net/tcp":
                return None  # not Linux
            continue
        for fields in map(str.split, lines):
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(fields[9])
    return sockets


def _sockets(pid: int) -> set[str]:
    """The inodes of a process's open sockets."""
    sockets = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                target = os.readlink(descriptor)  # noqa: PTH115 - it is no path: socket:[1234]
                if target.startswith("socket:["):
                    sockets.add(target[8:-1])
    return sockets
