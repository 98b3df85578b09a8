"""Servers that a dead runner left: found by their pid files at the next start, and ended.

The supervisor leaves none that anybody has seen; this is for the day it is killed too. A process counts as
the same only if its number and its start time agree, and nothing is touched whose runner lives.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchkit.files import cache_folder

FOLDER = "servers"


def record(supervisor: int, servers: Iterable[int] = ()) -> Path:
    """Write the pid file of a supervisor and its server's processes."""
    path = cache_folder() / FOLDER / f"{os.getpid()}-{supervisor}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "runner": identity(os.getpid()),
        "supervisor": identity(supervisor),
        "servers": [identity(pid) for pid in servers],
    }
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(content))
    draft.replace(path)  # whole at any time; it need not survive a power cut, no process does
    return path


def end_leftovers() -> tuple[int, ...]:
    """Kill what dead runners left and return the processes' numbers."""
    ended: list[int] = []
    for path in sorted((cache_folder() / FOLDER).glob("*.json")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            content = json.loads(path.read_text())
            if is_alive(content["runner"]):
                continue
            ended += _kill_all([content["supervisor"], *content["servers"]])
        path.unlink(missing_ok=True)
    return tuple(ended)


def identity(pid: int) -> dict[str, Any]:
    """What distinguishes a process from a later one of the same number."""
    return {"pid": pid, "started": started(pid)}


def started(pid: int) -> str | None:
    """When a process started, in its system's own unit; None if there is no such process."""
    try:
        return _linux_start(pid)
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _psutil_start(pid)


def is_alive(known: dict[str, Any]) -> bool:
    return known["started"] is not None and started(known["pid"]) == known["started"]


def descendants(root: int) -> list[int]:
    """All processes below this one, the nearest first."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(root).children(recursive=True)]
    return []


def _kill_all(known: list[dict[str, Any]]) -> list[int]:
    """Kill the processes that are still the same ones, and all below them."""
    pids = [process["pid"] for process in known if is_alive(process)]
    below = [pid for root in pids for pid in descendants(root)]
    everyone = list(dict.fromkeys([*pids, *below]))
    for pid in everyone:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return everyone


def _linux_start(pid: int) -> str | None:
    """Boot and clock ticks since: a changed clock does not change it. A zombie does not live."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    if fields[0] in (b"Z", b"X"):
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[19].decode()}"


def _psutil_start(pid: int) -> str | None:
    import psutil

    with suppress(psutil.NoSuchProcess):
        return f"{psutil.Process(pid).create_time():.2f}"
    return None
