"""A head with many boxes and groups: its memory, processor time and connections, and the batch's.

    .venv/bin/python measurements/cluster_many.py [--boxes 100] [--groups 10000] [--seconds 2] [--processes 4]

Head, executor, messages and mutual TLS are the real ones. The boxes are stand-ins, in a few processes: each
takes one group at a time, which ends after so many seconds, and has nothing to check, run or keep. Needs
`make cluster`. On a machine that does other things meanwhile the shares of a core are less than they would
be, for all takes longer; the processor time a group is not.
"""
# ruff: noqa: E402 - the root is known only after the first imports

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchkit.link.calls import GroupState, Operation
from benchkit.link.certificates import own_credentials
from benchkit.records import Run
from benchkit.running.batch.display import BatchDisplay
from benchkit.running.executors import Cluster, Group, RunEnded, Seams, open_executor
from benchkit.running.orders import read_order
from benchkit.running.plan import plan_run
from benchkit.serving.servers.ports import free_port
from benchkit.settings import RunSettings
from benchkit.telling.history import to_record
from benchkit.telling.history.leases import Kept, Lease, LeasedGroup
from tests.running.boxes.fleet import DESK, Fleet, fleet_in, write_small_model
from tests.support import wait_until
from tests.telling.history.runs import a_run

FAR_S = 1200.0
LOOKS_EVERY_S = 5.0
TELLS_EVERY = 1000  # groups


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--boxes", type=int, default=100)
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--stand-in-for", nargs="*", help=argparse.SUPPRESS)  # the port, then boxes' names
    asked = parser.parse_args()
    if asked.stand_in_for:
        stand_in(int(asked.stand_in_for[0]), asked.stand_in_for[1:], asked.seconds)
        return
    with (
        tempfile.TemporaryDirectory(prefix="fleet-") as name,
        fleet_in(Path(name), free_port()) as fleet,
    ):
        os.environ |= {
            variable: fleet.environment(DESK)[variable] for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME")
        }
        with stand_ins(fleet, asked) as boxes:
            work_off(fleet, asked, boxes)


@contextmanager
def stand_ins(fleet: Fleet, asked: argparse.Namespace) -> Iterator[list[psutil.Process]]:
    names = [f"box{number:03}" for number in range(asked.boxes)]
    words = [sys.executable, __file__, "--seconds", str(asked.seconds), "--stand-in-for", str(fleet.port)]
    started = [
        subprocess.Popen([*words, *names[number :: asked.processes]]) for number in range(asked.processes)
    ]
    try:
        yield [psutil.Process(one.pid) for one in started]
    finally:
        for one in started:
            one.kill()
            one.wait()


class Watch:
    """What a process takes, from now on."""

    def __init__(self, *processes: psutil.Process) -> None:
        self._processes = processes
        self._began, self._before = time.monotonic(), self._cpu_s()

    def _cpu_s(self) -> float:
        times = [one.cpu_times() for one in self._processes]
        return float(sum(one.user + one.system for one in times))

    def told(self, groups: int) -> str:
        cpu, took = self._cpu_s() - self._before, time.monotonic() - self._began
        return f"{100 * cpu / took:.1f}% of a core, {1000 * cpu / groups:.2f} ms a group"


def work_off(fleet: Fleet, asked: argparse.Namespace, boxes: Sequence[psutil.Process]) -> None:
    from benchkit.link.calls import Calls

    with Calls(fleet.address) as calls:
        wait_until(lambda: len(calls.boxes()) == asked.boxes, FAR_S)
    model = write_small_model(fleet.root / "models" / "m.gguf")
    settings = RunSettings(benchmark="demo", model=model, runs_dir=fleet.root / "runs")
    cluster = Cluster(fleet.address, Forgetful())
    executor = open_executor("dask", Seams(BatchDisplay(tuple), lambda _plan: True, lambda: None, cluster))
    for number in range(asked.groups):
        plan = plan_run(replace(settings, name=f"m{number}"), f"20260101-000000-{number:05}")
        executor.submit(Group(f"g{number}", (plan,)))
    head = psutil.Process(fleet.processes["head"].pid)
    watches = {"head": Watch(head), "batch": Watch(psutil.Process()), "stand-ins": Watch(*boxes)}
    began, done, seen = time.monotonic(), 0, Connections(head)
    for event in executor.events():
        if not isinstance(event, RunEnded):
            continue
        done += 1
        if done % TELLS_EVERY == 0:
            took = time.monotonic() - began
            print(
                f"{done} done after {took:.0f} s; the head: {seen.now}, {_peak_mb(head):.0f} MB", flush=True
            )
    took = time.monotonic() - began
    size = f"{done} groups of {asked.seconds:.0f} s on {asked.boxes} boxes"
    print(f"{size} in {took:.0f} s: {done / took:.1f} a second")
    for name, watch in watches.items():
        print(f"{name}: {watch.told(done)}")
    print(f"head: {_peak_mb(head):.0f} MB at its peak; {min(seen.all)} to {max(seen.all)} connections")
    print(f"batch: {_peak_mb(psutil.Process()):.0f} MB at its peak")


def _peak_mb(process: psutil.Process) -> float:
    """Of its resident memory; the kernel keeps it."""
    status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return float(next(line.split()[1] for line in status if line.startswith("VmHWM"))) / 1000


class Connections:
    """Of a process, over its time."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.all: list[int] = [self._count()]
        threading.Thread(target=self._look, daemon=True).start()

    @property
    def now(self) -> str:
        return f"{self.all[-1]} connections"

    def _count(self) -> int:
        return len([one for one in self._process.net_connections("tcp") if one.raddr])

    def _look(self) -> None:
        while self._process.is_running():
            time.sleep(LOOKS_EVERY_S)
            self.all.append(self._count())


class Forgetful:
    """Leases and records of nothing: what is measured is the way there and back, and no disk."""

    def claim(self, group: str, box: str, _seconds: float) -> Lease:
        return Lease(group, 1, box)

    def heartbeat(self, _lease: Lease, _seconds: float) -> bool:
        return True

    def append_if_current(self, _run: Run, _lease: Lease) -> Kept:
        return Kept.RECORDED

    def release(self, _lease: Lease, *, done: bool) -> bool:
        return done

    def groups(self, _prefix: str = "") -> Sequence[LeasedGroup]:
        return ()


class StandInBox:
    """A box whose groups end after some seconds, without doing anything."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: dict[str, tuple[float, list[str]]] = {}  # by group, with its runs

    async def facts(self) -> dict[str, Any]:
        return {"slots": 1, "engines": {}, "version": "1"}

    async def offer(self, orders: list[str]) -> list[str]:
        return [""] * len(orders)

    async def start(self, order: str) -> dict[str, Any]:
        asked = read_order(order)
        self._ends[asked.group] = time.monotonic() + self._seconds, [run.id for run in asked.runs]
        return {}

    async def look(self, asked: dict[str, int], seen: Mapping[str, Any], wait_s: float) -> dict[str, Any]:
        """As soon as that is not what was seen; after a while in any case."""
        told = self._told(asked)
        if told == seen:
            ends = [self._ends[group][0] for group in asked]
            await asyncio.sleep(max(0.0, min(wait_s, *(end - time.monotonic() for end in ends))))
        return self._told(asked)

    def _told(self, asked: Mapping[str, int]) -> dict[str, Any]:
        return {group: self._state(*self._ends[group]) for group in asked}

    def _state(self, end: float, runs: Sequence[str]) -> dict[str, Any]:
        over = time.monotonic() >= end
        ended = [{"id": run, "machine_wide": False} for run in runs] if over else []
        return {"state": GroupState.OVER if over else GroupState.WORKING, "ended": ended, "runs": {}}

    async def stop(self, group: str, **_: Any) -> dict[str, Any]:
        self._ends.pop(group, None)
        return {}

    async def record(self, run: str, **_: Any) -> dict[str, Any]:
        return {"record": to_record(a_run(run)), "files": {}}

    @property
    def operations(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        return {
            Operation.FACTS: self.facts,
            Operation.OFFER: self.offer,
            Operation.START: self.start,
            Operation.LOOK: self.look,
            Operation.STOP: self.stop,
            Operation.RECORD: self.record,
        }


def _say_nothing(_line: str) -> None:
    """Many boxes in one process have no terminal of their own."""


def stand_in(port: int, names: Sequence[str], seconds: float) -> None:
    """For these boxes, in this process: they join as every box does."""
    from benchkit.link.wire import as_url, prepare, security_of
    from benchkit.running.boxes.box import Member, Messages, _handler, _stay

    async def join(name: str, security: Any, folder: str) -> None:
        operations = StandInBox(seconds).operations
        messages = Messages({name: _handler(work) for name, work in operations.items()}, security)
        member = partial(Member, as_url("127.0.0.1", port), name, security=security, folder=folder)
        await _stay("127.0.0.1", port, name, messages, member, _say_nothing)

    async def run() -> None:
        security = security_of(own_credentials())
        with tempfile.TemporaryDirectory() as folder:
            await asyncio.gather(*(join(name, security, folder) for name in names))

    prepare()
    asyncio.run(run())


if __name__ == "__main__":
    main()
