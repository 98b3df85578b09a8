"""Where the runs of a batch are carried out.

base.py        what every executor offers, and what it tells
local.py       on this machine, in this process, one group of runs after the other
dask.py        on the boxes of a cluster, one group a GPU at a time
sending.py     … which box gets which group
following.py   … how the groups are that are at work there, and their results
answers.py     … whether what a box answers makes sense
watching.py    … who looks at them while the batch waits for something else
own_leases.py  leases of a history that one batch alone writes

To add one, write its class and its line in EXECUTORS.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from benchkit.errors import UnknownName
from benchkit.running.executors.base import (
    BatchStopped,
    BoxesSeen,
    Cluster,
    Event,
    Executor,
    Group,
    GroupHomeless,
    GroupLost,
    GroupMoved,
    GroupSent,
    RunBegan,
    RunBroke,
    RunEnded,
    RunProgress,
    Seams,
)

# Loaded where it is wanted: the second needs an extra.
EXECUTORS = {"local": "local:LocalExecutor", "dask": "dask:DaskExecutor"}

__all__ = [
    "EXECUTORS",
    "BatchStopped",
    "BoxesSeen",
    "Cluster",
    "Event",
    "Executor",
    "Group",
    "GroupHomeless",
    "GroupLost",
    "GroupMoved",
    "GroupSent",
    "RunBegan",
    "RunBroke",
    "RunEnded",
    "RunProgress",
    "Seams",
    "open_executor",
]


def open_executor(name: str, seams: Seams) -> Executor:
    if name not in EXECUTORS:
        raise UnknownName("executor", name, EXECUTORS)
    module, _, make = EXECUTORS[name].partition(":")
    return cast(Executor, getattr(import_module(f"{__name__}.{module}"), make)(seams))
