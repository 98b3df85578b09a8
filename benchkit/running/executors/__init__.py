"""Where the runs of a batch are carried out.

base.py    what every executor offers, and what it tells
local.py   on this machine, in this process, one group of runs after the other

To add one, write its class and its line in EXECUTORS.
"""

from __future__ import annotations

from benchkit.errors import UnknownName
from benchkit.running.executors.base import BatchStopped, Event, Executor, RunBroke, RunEnded, Seams
from benchkit.running.executors.local import LocalExecutor

EXECUTORS = {"local": LocalExecutor}

__all__ = ["EXECUTORS", "BatchStopped", "Event", "Executor", "RunBroke", "RunEnded", "Seams", "open_executor"]


def open_executor(name: str, seams: Seams) -> Executor:
    if name not in EXECUTORS:
        raise UnknownName("executor", name, EXECUTORS)
    return EXECUTORS[name](seams)
