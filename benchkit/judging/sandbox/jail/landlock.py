# ruff: noqa: PTH112
# Descriptors and byte-exact calls of the system; pathlib would be memory and time for nothing in every fork.
"""Landlock: rules on paths that a process lays upon itself and can never take off again."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable

from benchkit.judging.sandbox.jail.syscalls import call

_QUERY_VERSION = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST_VERSION = (1 << 13) - 1  # every right of ABI 1
_MAKE_DEVICES = 1 << 6 | 1 << 11  # character and block devices: never granted
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

READ = _EXECUTE | _READ_FILE | _READ_DIR
DEVICE = _READ_FILE | _WRITE_FILE | _TRUNCATE
PRIVATE = (_FIRST_VERSION | _REFER | _TRUNCATE) & ~_MAKE_DEVICES


def abi() -> int:
    """The kernel's Landlock version, 0 where it has none."""
    try:
        return call("landlock_create_ruleset", None, 0, _QUERY_VERSION)
    except OSError:
        return 0


def _handled(version: int) -> tuple[int, int, int]:
    """What is forbidden unless a rule grants it: file rights, TCP, and what is scoped to the program."""
    files = _FIRST_VERSION
    files |= _REFER if version >= 2 else 0
    files |= _TRUNCATE if version >= 3 else 0
    files |= _IOCTL_DEV if version >= 5 else 0
    tcp = 0b11 if version >= 4 else 0  # bind, connect
    scoped = 0b11 if version >= 6 else 0  # abstract unix sockets, signals
    return files, tcp, scoped


def ruleset(version: int, grants: Iterable[tuple[str, int]]) -> int:
    """A descriptor of the rules, ready for `restrict`; paths that do not exist are left out."""
    handled = _handled(version)
    attributes = struct.pack("=QQQ", *handled)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = call("landlock_create_ruleset", attributes[:size], size, 0)
    for path, rights in grants:
        try:
            target = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        rights &= handled[0] if os.path.isdir(path) else handled[0] & _ON_FILES
        call("landlock_add_rule", rules, _PATH_BENEATH, struct.pack("=Qi", rights, target), 0)
        os.close(target)
    return rules


def restrict(rules: int) -> None:
    """Lay the rules upon this process; no_new_privileges comes before."""
    call("landlock_restrict_self", rules, 0)
