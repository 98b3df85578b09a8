"""Which files of this machine a program may read: toolchain and interpreter, by name; nothing of a home.

Worked out once by the pool and handed to its workers, whose processes need little else and start the sooner.
"""

from __future__ import annotations

import os
import site
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchkit.judging.sandbox.base import ENGINES, MIB
from benchkit.judging.sandbox.claims import abandoned, claim
from benchkit.judging.sandbox.jail import folder
from benchkit.judging.sandbox.pool import delegation
from benchkit.judging.sandbox.wire.setup import WorkerSetup

SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store"),
    *("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
    *("/etc/localtime", "/etc/ssl/openssl.cnf"),
)
IN_A_CONTAINER = (*SYSTEM, "/opt", "/etc")
OF_A_PREFIX = ("bin", "lib", "lib64", "include", "libexec", "pyvenv.cfg")
NOBODY = 65534
SCRATCH = "bench-sandbox-"
NEWEST_LANDLOCK = 99
_PRIVATE_BYTES = 64 * MIB


def worker_setup(
    level: str, scratch: str, most_landlock: int = NEWEST_LANDLOCK, toolchains: Sequence[str] = ()
) -> WorkerSetup:
    """The facts about the machine that a worker at this level needs."""
    contained = level in ENGINES
    return WorkerSetup(
        level=level,
        engine=level if contained else None,
        environment=dict(os.environ) if contained else {},
        readable=IN_A_CONTAINER if contained else (*readable(), *toolchains),
        site=libraries(),
        path=search_path(),
        uid=NOBODY if can_become_nobody() else None,
        uid_reads_python=all_can_read(sys.executable),
        cgroup=None if contained else delegation.place(),  # a container's engine makes one of its own
        scratch=scratch,
        most_landlock=most_landlock,
        private_bytes=_PRIVATE_BYTES,
    )


def readable() -> tuple[str, ...]:
    """Folders and files, outer ones first; of an interpreter's folder only the parts that belong to it."""
    return tuple(dict.fromkeys([*SYSTEM, *(str(path) for path in _interpreter() if path.exists())]))


def _interpreter() -> Iterator[Path]:
    for prefix in dict.fromkeys((sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)):
        for path in dict.fromkeys((Path(prefix), Path(prefix).resolve())):
            if not path.is_relative_to("/usr"):
                yield from (path / part for part in OF_A_PREFIX)


def libraries() -> tuple[str, ...]:
    """Where the libraries lie that the interpreter can import (numpy, sortedcontainers…)."""
    return tuple(path for path in site.getsitepackages() if Path(path).is_dir())


def search_path() -> str:
    return os.pathsep.join((*_folders_of_tools(), "/usr/local/bin", "/usr/bin", "/bin"))


def _folders_of_tools() -> Iterator[str]:
    yield str(Path(sys.executable).parent)


def all_can_read(path: str) -> bool:
    """Whether a user without rights could reach the file: every folder above it lets others pass."""
    real = Path(path).resolve()
    return all(part.stat().st_mode & 0o001 for part in (real, *real.parents))


def can_become_nobody() -> bool:
    """Root can, unless it is root of a namespace without that user."""
    return os.getuid() == 0 and all(map(_lacks_user_nobody, ("uid_map", "gid_map")))


def _lacks_user_nobody(which: str) -> bool:
    rows = (map(int, line.split()) for line in Path(f"/proc/self/{which}").read_text().splitlines())
    return any(first <= NOBODY < first + count for first, _, count in rows)


def scratch() -> tuple[str, int]:
    """A new folder for the workers of one pool, each of which makes its own in it, and its lock."""
    # TMPDIR=. is another folder to processes elsewhere, and a link is not what a program calls its folder.
    place = str(Path(tempfile.gettempdir()).resolve())
    for left in abandoned(place, SCRATCH):  # by a tool that was killed together with its judges
        folder.remove(left)
    path, lock = claim(place, SCRATCH)
    os.chmod(path, 0o711)  # a process that has a worker's path may pass  # noqa: PTH101
    return path, lock
