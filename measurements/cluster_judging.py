"""What it costs to have answers judged by boxes of a cluster, and what two of them gain.

    .venv/bin/python measurements/cluster_judging.py overhead [--turns 3] [--few 5] [--many 25]
    .venv/bin/python measurements/cluster_judging.py two [--turns 3] [--seconds 0.05]

`overhead`: so many samples of each demo problem, judged here by one worker and by a box of one worker, in
turns. What is told is the slope between few and many, which leaves out what a run takes to begin: processor
time of the script, of the box and of both sandboxes, and wall time. `two`: programs that sleep at each call,
on one box and on two, one worker each; 2.0 is twice as fast. Boxes are processes of this machine. Needs
`make cluster`. Wall times of a machine that does other things meanwhile are theirs, too: look at processor
time and at ratios.
"""
# ruff: noqa: E402 - the root is known only after the first imports

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchkit.serving.servers.ports import free_port
from tests.running.boxes.fleet import DESK, Fleet, fleet_in

DEMO = ROOT / "demo" / "problems.jsonl"
ROWS = [json.loads(line) for line in DEMO.read_text().splitlines()]
ONE_WORKER = ("--workers", "1")


@dataclass(frozen=True)
class Cost:
    wall_s: float
    cpu_s: float

    def slope(self, few: Cost, answers: int) -> Cost:
        """In milliseconds an answer."""
        return Cost(1000 * (self.wall_s - few.wall_s) / answers, 1000 * (self.cpu_s - few.cpu_s) / answers)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["overhead", "two"])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--few", type=int, default=5)
    parser.add_argument("--many", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=0.05)
    asked = parser.parse_args()
    {"overhead": overhead, "two": two}[asked.what](asked)


@contextmanager
def boxes(*names: str) -> Iterator[Fleet]:
    with (
        tempfile.TemporaryDirectory(prefix="fleet-") as name,
        fleet_in(Path(name), free_port(), *names) as made,
    ):
        made.write_models(1)
        for box in names:
            made.start_box(box)
        made.wait_for_boxes(*names)
        yield made


def judged(made: Fleet, samples: int, *words: str, sleeps_s: float = 0.0) -> Cost:
    """So many samples of each problem, judged by one command."""
    path = made.folder(DESK) / "samples.jsonl"
    wait = f"    __import__('time').sleep({sleeps_s})\n" if sleeps_s else ""
    rows = [{"task_id": one["task_id"], "completion": wait + one["canonical_solution"]} for one in ROWS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows for _ in range(samples)))
    command = [sys.executable, str(ROOT / "run_eval.py")]
    began, used = time.monotonic(), cpu_s(made)
    command += ["--problems-file", str(DEMO), "--samples", str(path), *ONE_WORKER, *words]
    subprocess.run(
        command,
        cwd=made.folder(DESK),
        env=made.environment(DESK),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return Cost(time.monotonic() - began, cpu_s(made) - used)


def cpu_s(made: Fleet) -> float:
    """Of the commands that have ended, and of the boxes with what they have started and ended."""
    ended = os.times()
    used = ended.children_user + ended.children_system
    for name, process in made.processes.items():
        if name != "head":
            times = psutil.Process(process.pid).cpu_times()
            used += times.user + times.system + times.children_user + times.children_system
    return used


def overhead(asked: argparse.Namespace) -> None:
    answers = (asked.many - asked.few) * len(ROWS)
    more = []
    with boxes("alpha") as made:
        for _ in range(asked.turns):
            slopes = []
            for words in ((), ("--sandbox-on", made.address)):
                few = judged(made, asked.few, *words)
                slopes.append(judged(made, asked.many, *words).slope(few, answers))
            here, there = slopes
            more.append(Cost(there.wall_s - here.wall_s, there.cpu_s - here.cpu_s))
            print(
                f"an answer: here {here.cpu_s:.1f} ms of processor, {here.wall_s:.1f} ms in all; "
                f"by a box {there.cpu_s:.1f} and {there.wall_s:.1f}",
                flush=True,
            )
    print(
        f"median of {asked.turns}: {median(one.cpu_s for one in more):.1f} ms of processor more, "
        f"{median(one.wall_s for one in more):.1f} ms in all"
    )


def two(asked: argparse.Namespace) -> None:
    ratios = []
    with boxes("alpha") as one, boxes("alpha", "beta") as both:
        for _ in range(asked.turns):
            took = [
                judged(made, 3, "--sandbox-on", made.address, sleeps_s=asked.seconds).wall_s
                - judged(made, 1, "--sandbox-on", made.address, sleeps_s=asked.seconds).wall_s
                for made in (one, both)
            ]
            ratios.append(took[0] / took[1])
            print(f"one box {took[0]:.1f} s, two {took[1]:.1f} s: {ratios[-1]:.2f} times as fast", flush=True)
    print(f"median of {asked.turns}: {median(ratios):.2f} times as fast")


if __name__ == "__main__":
    main()
