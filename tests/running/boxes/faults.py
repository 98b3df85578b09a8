"""A plan of groups on three boxes, a fault in the midst of it, and what must be true in the end.

Used by the tests and by measurements/cluster_faults.py.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.running.boxes.fleet import (
    DESK,
    LEASE_S,
    Fleet,
    assert_each_run_once,
    assert_no_server_left,
    fleet_in,
)
from tests.support import wait_until

BOXES = ("alpha", "beta", "gamma")
PROBLEMS = 4
THINKS_S = 0.4
LONGER_THAN_A_LEASE_S = 1.7 * float(LEASE_S)
WITHIN_S = 200.0


@dataclass(frozen=True)
class Outcome:
    seconds: float
    asked_again: int  # questions that came twice or more often


def kill_box(fleet: Fleet, box: str) -> None:
    """Its process is killed with -9, and started again as systemd would."""
    fleet.kill(box)
    time.sleep(1)
    fleet.start_box(box)


def lose_box(fleet: Fleet, box: str) -> None:
    """It is gone for good."""
    fleet.kill(box)


def kill_runner(fleet: Fleet, box: str) -> None:
    """The process of a group is killed with -9."""
    for process in runners(fleet, box):
        process.kill()


def kill_head(fleet: Fleet, _box: str) -> None:
    fleet.kill("head")
    time.sleep(1)
    fleet.start_head()


def freeze_box(fleet: Fleet, box: str) -> None:
    """It answers nothing for longer than its leases last, while its runs go on; then it is there again."""
    process = fleet.processes[box]
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(LONGER_THAN_A_LEASE_S)
    os.kill(process.pid, signal.SIGCONT)


def kill_batch(fleet: Fleet, _box: str) -> None:
    """The batch itself is killed with -9, and the same command is typed again."""
    fleet.kill("batch")
    fleet.start_batch()


FAULTS: dict[str, Callable[[Fleet, str], None]] = {
    "box": kill_box,
    "runner": kill_runner,
    "head": kill_head,
    "silence": freeze_box,
    "batch": kill_batch,
    "gone": lose_box,
}


def runners(fleet: Fleet, box: str) -> list[psutil.Process]:
    """The processes of groups on this box, without their supervisors."""
    mark = str(fleet.folder(box) / "runs")
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "benchkit.running.boxes.group_process" in words[:3] and mark in words[-1]:
            found.append(process)
    return found


def night_with_fault(
    root: Path, port: int, fault: str, on_lost_box: str, groups: int = 12, seed: int = 0
) -> Outcome:
    """Start the plan, let the fault happen once some groups are done, and look at what is left in the end."""
    chance = random.Random(seed)
    with fleet_in(root, port, *BOXES, thinks_s=THINKS_S) as fleet:
        models = fleet.write_models(groups)
        fleet.write_plan(models, problems=PROBLEMS, on_lost_box=on_lost_box)
        for box in BOXES:
            fleet.start_box(box)
        fleet.wait_for_boxes(*BOXES)
        began = time.monotonic()
        fleet.start_batch()
        enough = chance.randint(1, groups // 3)
        wait_until(lambda: len(fleet.runs) >= enough, WITHIN_S)
        busy: list[str] = []

        def some_are_busy() -> bool:
            busy.extend(box for box in BOXES if runners(fleet, box))
            return bool(busy)

        wait_until(some_are_busy)
        time.sleep(chance.uniform(0.0, 2.0))
        FAULTS[fault](fleet, chance.choice(busy))
        code = fleet.processes["batch"].wait(WITHIN_S)
        took = time.monotonic() - began
        assert code == 0, fleet.log(DESK, "batch")
        assert_each_run_once(fleet, models)
        asked = fleet.asked()
        assert len(asked) == groups * PROBLEMS or fault == "gone"
        fleet.end()
        assert_no_server_left(fleet)
        return Outcome(took, sum(times - 1 for times in asked.values()))
