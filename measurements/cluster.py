"""What a cluster costs and gains, on this machine: boxes are processes, their servers sleep.

    .venv/bin/python measurements/cluster.py overhead [--groups 6] [--turns 3]
    .venv/bin/python measurements/cluster.py scaling [--groups 30]
    .venv/bin/python measurements/cluster.py lost

`overhead`: the same plan by the local way and by one box, in turns; the difference a group. `scaling`: equal
groups on one box and on three; 1.0 is a third of the time. `lost`: a box is killed for good; how long until
its group is at work elsewhere, with the lease that everybody has. Needs `make cluster`. Times of a machine
that does other things meanwhile are theirs, too: look at ratios. cluster_many.py has a hundred boxes.
"""
# ruff: noqa: E402 - the root is known only after the first imports

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchkit.serving.servers.ports import free_port
from tests.running.boxes.faults import BOXES, runners
from tests.running.boxes.fleet import DESK, Fleet, fleet_in
from tests.support import wait_until

FAR_S = 1200.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["overhead", "scaling", "lost"])
    parser.add_argument("--groups", type=int)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    {"overhead": overhead, "scaling": scaling, "lost": lost}[asked.what](asked)


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


if __name__ == "__main__":
    main()
