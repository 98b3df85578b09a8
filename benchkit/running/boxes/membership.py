"""Which process makes this machine a box of a cluster: one a name, and how to end it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from benchkit.errors import ClusterError, UsageError
from benchkit.files import atomic_write, cache_folder, locked
from benchkit.running.live.owner import read_owner, this_process

ENDS_WITHIN_S = 60.0
GLANCE_S = 0.1


@contextmanager
def membership(name: str) -> Iterator[None]:
    """Held while this process is the box."""
    path = _path(name)
    try:
        with locked(path, 0.0):
            atomic_write(path, json.dumps(asdict(this_process())))
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
    except TimeoutError:
        raise UsageError(f"{name} has joined already: bench_runner.py cluster leave ends that") from None


def end_membership(name: str) -> bool:
    """Have the process that is this box put its runs away and end; False where there is none."""
    path = _path(name)
    try:
        owner = read_owner(json.loads(path.read_text()))
    except (OSError, ValueError):
        return False
    if owner is None or not owner.is_here() or not owner.is_alive():
        return False
    os.kill(owner.pid, signal.SIGTERM)
    deadline = time.monotonic() + ENDS_WITHIN_S
    while owner.is_alive():
        if time.monotonic() > deadline:
            raise ClusterError(f"{name} (process {owner.pid}) has not ended within {ENDS_WITHIN_S:.0f} s")
        time.sleep(GLANCE_S)
    return True


def _path(name: str) -> Path:
    return cache_folder() / f"box-{name}.json"
