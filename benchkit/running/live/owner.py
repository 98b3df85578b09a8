"""Whose process a live file belongs to: its number alone may be another program's by now."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

# A process on another machine or in another container cannot be looked up: its writing shows that it lives.
FRESH_S = 60.0
FORGOTTEN_S = 86400.0


@dataclass(frozen=True)
class Owner:
    """A process, by what no other has in common with it."""

    pid: int
    started: str | None = None  # by the kernel's clock, in the kernel's own form
    host: str = ""
    boot: str = ""  # changes with each start of the machine
    namespace: str = ""  # within which the number counts

    def is_alive(self) -> bool:
        """Whether the process runs; asks the kernel, so only where `is_here`."""
        return self.started is not None and _start_of(self.pid) == self.started

    def is_here(self) -> bool:
        """Whether its process number means something to this process."""
        return (self.host, self.namespace) == (_host(), _namespace())


def this_process() -> Owner:
    return process(os.getpid())


def process(pid: int) -> Owner:
    """A process of this machine."""
    return Owner(pid, _start_of(pid), _host(), _boot(), _namespace())


def read_owner(record: object) -> Owner | None:
    """What `dataclasses.asdict` made of one; fields of a newer version are passed over."""
    if not isinstance(record, dict) or not isinstance(record.get("pid"), int):
        return None
    return Owner(**{field.name: record[field.name] for field in fields(Owner) if field.name in record})


def is_live(owner: Owner, path: Path) -> bool | None:
    """Whether the owner of this file still writes it; None where that cannot be said any more or yet."""
    if owner.is_here():
        return owner.boot == _boot() and owner.is_alive()
    age = age_s(path)
    if age < FRESH_S:
        return True
    return None if age < FORGOTTEN_S else False


def age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return FORGOTTEN_S


def _start_of(pid: int) -> str | None:
    """When it started; None for one that is not there, or has ended and waits for its parent."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None if Path("/proc/self").exists() else _start_by_psutil(pid)
    state, *further = stat[stat.rindex(b")") + 2 :].split()
    return None if state in (b"Z", b"X") else further[18].decode()


def _start_by_psutil(pid: int) -> str | None:
    import psutil  # where the kernel shows its processes in another way

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.Error:
        return None


def _host() -> str:
    return os.uname().nodename


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _namespace() -> str:
    with suppress(OSError):
        return str(Path("/proc/self/ns/pid").readlink())
    return ""
