"""What a cluster costs and gains, on this machine: boxes are processes, their servers sleep.

    .venv/bin/python measurements/cluster.py overhead [--groups 6] [--turns 3]
    .venv/bin/python measurements/cluster.py scaling [--groups 30]
    .venv/bin/python measurements/cluster.py lost
    .venv/bin/python measurements/cluster.py many [--boxes 100] [--groups 10000] [--seconds 2]

`overhead`: the same plan by the local way and by one box, in turns; the difference a group. `scaling`: equal
groups on one box and on three; 1.0 is a third of the time. `lost`: a box is killed for good; how long until
its group is at work elsewhere, with the lease that everybody has. `many`: stand-in boxes in one process and
the real head and executor; memory and processor of the head, and of the batch. Needs `make cluster`. Times
of a machine that does other things meanwhile are theirs, too: look at ratios.
"""
# ruff: noqa: E402 - the root is known only after the first imports

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, cast

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchkit.link.calls import GroupState
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
from tests.running.boxes.faults import BOXES, runners
from tests.running.boxes.fleet import DESK, Fleet, fleet_in, write_small_model
from tests.support import wait_until
from tests.telling.history.runs import a_run

FAR_S = 1200.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["overhead", "scaling", "lost", "many", "boxes"])
    parser.add_argument("--groups", type=int)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--boxes", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args()
    {"overhead": overhead, "scaling": scaling, "lost": lost, "many": many, "boxes": stand_in_boxes}[
        asked.what
    ](asked)


@contextmanager
def fleet(*names: str, thinks_s: float) -> Iterator[Fleet]:
    with (
        tempfile.TemporaryDirectory(prefix="fleet-") as name,
        fleet_in(Path(name), free_port(), *names, thinks_s=thinks_s) as made,
    ):
        yield made


def batch(made: Fleet, *words: str) -> float:
    """Run the plan; its seconds."""
    began = time.monotonic()
    done = made.run(DESK, "batch", "plan.yaml", *words, timeout=FAR_S)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def overhead(asked: argparse.Namespace) -> None:
    groups = asked.groups or 6
    with fleet("alpha", thinks_s=0.2) as made:
        made.write_plan(made.write_models(groups), problems=4)
        made.start_box("alpha")
        made.wait_for_boxes("alpha")
        more = []
        for turn in range(asked.turns):
            local = batch(made, "--history", f"local{turn}.json")
            there = batch(made, "--history", f"there{turn}.json", "--cluster", made.address)
            more.append((there - local) / groups)
            took = f"{local:.1f} s here, {there:.1f} s by a box"
            print(f"{groups} groups: {took}: {more[-1]:.2f} s a group", flush=True)
    print(f"median: {median(more):.2f} s a group")


def scaling(asked: argparse.Namespace) -> None:
    groups = asked.groups or 30
    took = {}
    for names in (BOXES[:1], BOXES):
        with fleet(*names, thinks_s=1.8) as made:
            made.write_plan(made.write_models(groups), problems=4)
            for name in names:
                made.start_box(name)
            made.wait_for_boxes(*names)
            took[len(names)] = batch(made, "--cluster", made.address)
        print(f"{groups} groups on {len(names)}: {took[len(names)]:.1f} s", flush=True)
    print(f"{took[3] / (took[1] / 3):.2f} times a third of one box's time")


def lost(_asked: argparse.Namespace) -> None:
    names = BOXES[:2]
    with fleet(*names, thinks_s=3.0) as made:
        made.write_plan(made.write_models(1), problems=20)
        made.lease_s = None  # as long as usual
        for name in names:
            made.start_box(name)
        made.wait_for_boxes(*names)
        made.start_batch()
        wait_until(lambda: any(runners(made, name) for name in names), FAR_S)
        made.kill(next(name for name in names if runners(made, name)))
        killed = time.monotonic()
        wait_until(lambda: "begins it anew" in made.log(DESK, "batch"), FAR_S)
        print(f"at work elsewhere {time.monotonic() - killed:.1f} s after its box was killed")
        made.kill("batch")


def many(asked: argparse.Namespace) -> None:
    groups = asked.groups or 10_000
    with fleet(thinks_s=0.0) as made:
        os.environ |= {name: made.environment(DESK)[name] for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
        words = [sys.executable, __file__, "boxes", "--boxes", str(asked.boxes), "--port", str(made.port)]
        boxes = subprocess.Popen([*words, "--seconds", str(asked.seconds)])
        head = psutil.Process(made.processes["head"].pid)
        try:
            _work_off(made, groups, asked.boxes, head)
        finally:
            boxes.kill()
            boxes.wait()


def _work_off(made: Fleet, groups: int, boxes: int, head: psutil.Process) -> None:
    from benchkit.link.calls import Calls

    with Calls(made.address) as calls:
        wait_until(lambda: len(calls.boxes()) == boxes, FAR_S)
    model = write_small_model(made.root / "models" / "m.gguf")
    settings = RunSettings(benchmark="demo", model=model, runs_dir=made.root / "runs")
    cluster = Cluster(made.address, _Forgetful())
    seams = Seams(BatchDisplay(tuple), lambda _plan: True, lambda: None, cluster)
    executor = open_executor("dask", seams)
    for number in range(groups):
        plan = plan_run(replace(settings, name=f"m{number}"), f"20260101-000000-{number:05}")
        executor.submit(Group(f"g{number}", (plan,)))
    own, first = psutil.Process(), _megabytes(head)
    began, cpu, own_cpu = time.monotonic(), _cpu_s(head), _cpu_s(own)
    done = 0
    for event in executor.events():
        done += isinstance(event, RunEnded)
        if isinstance(event, RunEnded) and done % 1000 == 0:
            print(f"{done} done after {time.monotonic() - began:.0f} s", flush=True)
    took = time.monotonic() - began
    print(f"{done} groups on {boxes} boxes in {took:.1f} s")
    share = 100 * (_cpu_s(head) - cpu) / took
    print(f"head: {first:.0f} MB before, {_megabytes(head):.0f} MB after, {share:.0f}% of a core")
    print(f"batch: {_megabytes(own):.0f} MB, {100 * (_cpu_s(own) - own_cpu) / took:.0f}% of a core")


def _megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 1e6)


class _Forgetful:
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


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


class StandInGroups:
    """A box whose groups end after some seconds, without doing anything."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: dict[str, tuple[float, Sequence[str]]] = {}

    def facts(self) -> dict[str, Any]:
        return {"slots": 1, "engines": {}, "version": "1"}

    def offer(self, orders: list[str]) -> list[str]:
        return [""] * len(orders)

    def start(self, order: str) -> dict[str, Any]:
        asked = read_order(order)
        self._ends[asked.group] = time.monotonic() + self._seconds, [run.id for run in asked.runs]
        return {}

    def look(self, groups: dict[str, int]) -> dict[str, Any]:
        return {group: self._told(*self._ends[group]) for group in groups}

    def _told(self, end: float, runs: Sequence[str]) -> dict[str, Any]:
        over = time.monotonic() > end
        ended = [{"id": run, "machine_wide": False} for run in runs] if over else []
        return {"state": GroupState.OVER if over else GroupState.WORKING, "ended": ended, "runs": {}}

    def stop(self, group: str, attempt: int, forget: bool) -> dict[str, Any]:  # noqa: ARG002
        self._ends.pop(group, None)
        return {}

    def record(self, group: str, run: str) -> dict[str, Any]:  # noqa: ARG002
        return {"record": to_record(a_run(run)), "files": {}}

    def file(self, **_: Any) -> dict[str, Any]:
        return {"data": ""}

    def fence(self) -> list[str]:
        return []


def _say_nothing(_line: str) -> None:
    """A hundred boxes in one process have no terminal of their own."""


def stand_in_boxes(asked: argparse.Namespace) -> None:
    from benchkit.link.wire import as_url, prepare, security_of
    from benchkit.running.boxes.box import Member, Messages, _handlers, _stay
    from benchkit.running.boxes.groups import Groups
    from benchkit.running.boxes.judging import Judging

    async def run() -> None:
        security = security_of(own_credentials())
        members: list[Coroutine[Any, Any, None]] = []
        with tempfile.TemporaryDirectory() as folder:
            for number in range(asked.boxes):
                groups = cast(Groups, StandInGroups(asked.seconds))  # as far as messages ask for it
                messages = Messages(_handlers(groups, Judging()), security)
                head, name = as_url("127.0.0.1", asked.port), f"box{number:03}"
                member = partial(Member, head, name, security=security, folder=folder)
                members.append(_stay("127.0.0.1", asked.port, name, messages, member, _say_nothing))
            await asyncio.gather(*members)

    prepare()
    asyncio.run(run())


if __name__ == "__main__":
    main()
