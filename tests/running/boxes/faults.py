"""Nights on three boxes, a fault in the midst of each, and what must be true in the end.

Everything that chance decides follows from a night's seed. Used by the tests, which have short leases, and by
measurements/cluster_faults.py, which has those of a real night. To add a fault, write its function and its
line in FAULTS.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchkit.json_values import json_objects
from tests.postgresql import Server, missing, running_server
from tests.running.boxes.clock import make_clock, why_no_clock
from tests.running.boxes.disk import Disk, why_no_disk
from tests.running.boxes.fleet import (
    DESK,
    LEASE_S,
    Fleet,
    assert_each_run_once,
    assert_no_server_left,
    fleet_in,
)
from tests.running.boxes.network import network_if_possible
from tests.support import wait_until

BOXES = ("alpha", "beta", "gamma")
GROUPS = 12
ASKED = 10  # questions of a group in a night
PROBLEMS = 4
THINKS_S = 0.4
LONGER_THAN_A_LEASE_S = 1.7 * float(LEASE_S)
WITHIN_S = 200.0
BEGINS_ANEW = "begins it anew, "  # and how many answers are asked again
CLOCK_IS_OFF_BY_S = 600.0
FILE, DATABASE = "file", "database"
MOVE, WAIT = "move", "wait"


@dataclass(frozen=True)
class Pace:
    """How long things last in a night."""

    lease_s: float
    cut_s: float  # of a link, and how long a disk is full
    store_down_s: float
    within_s: float  # the night must be over; a machine under load may need long


SHORT = Pace(float(LEASE_S), 3 * float(LEASE_S), 1.5 * float(LEASE_S), WITHIN_S)
FULL = Pace(20.0, 60.0, 30.0, 900.0)


@dataclass(frozen=True)
class Night:
    """What its seed decides."""

    seed: int
    fault: str
    on_lost_box: str
    history: str
    groups: int = GROUPS

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.fault}, {self.on_lost_box}, history in a {self.history}"


@dataclass(frozen=True)
class Outcome:
    seconds: float
    asked_again: int  # questions that came twice or more often
    told_again: int  # as the batch told it


@dataclass(frozen=True)
class Scene:
    """What a fault may touch."""

    fleet: Fleet
    pace: Pace
    chance: random.Random
    server: Server | None


def kill_box(scene: Scene, box: str) -> None:
    """Its process is killed with -9, and started again as systemd would."""
    scene.fleet.kill(box)
    time.sleep(1)
    scene.fleet.start_box(box)


def lose_box(scene: Scene, box: str) -> None:
    """It is gone for good."""
    scene.fleet.kill(box)


def kill_runner(scene: Scene, box: str) -> None:
    """The process of a group is killed with -9."""
    for process in runners(scene.fleet, box):
        process.kill()


def kill_head(scene: Scene, _box: str) -> None:
    """And started again."""
    scene.fleet.kill("head")
    time.sleep(1)
    scene.fleet.start_head()


def cut_link(scene: Scene, box: str) -> None:
    """Of the box, or of the machine with the head and the batch: silent, for longer than leases last.

    Where no networks can be made, the box answers nothing.
    """
    network, machine = scene.fleet.network, scene.chance.choice([box, DESK])
    if network is None:
        freeze_box(scene, box)
        return
    network.cut(machine)
    time.sleep(scene.pace.cut_s)
    network.mend(machine)


def freeze_box(scene: Scene, box: str) -> None:
    """It answers nothing for longer than its leases last, while its runs go on; then it is there again."""
    process = scene.fleet.processes[box]
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(scene.pace.cut_s)
    os.kill(process.pid, signal.SIGCONT)


def stop_store(scene: Scene, _box: str) -> None:
    """The database ends in order, or as in a crash, and comes back."""
    assert scene.server is not None
    scene.server.stop(scene.chance.choice(["fast", "immediate"]))
    time.sleep(scene.pace.store_down_s)
    scene.server.start()


def fill_disk(scene: Scene, box: str) -> None:
    """Not another byte can be written on the box; later there is room again."""
    disk, process = scene.fleet.disks[box], scene.fleet.processes[box].pid
    disk.fill(process)
    time.sleep(scene.pace.cut_s)
    disk.free(process)


def set_clock(scene: Scene, box: str) -> None:
    """Of the box, or of the machine that started the batch: ahead or behind from now on."""
    machine = scene.chance.choice([box, DESK])
    scene.fleet.clocks[machine].put_off(scene.chance.choice([1, -1]) * CLOCK_IS_OFF_BY_S)


def kill_batch(scene: Scene, _box: str) -> None:
    """The batch itself is killed with -9, and the same command is typed again."""
    scene.fleet.kill("batch")
    scene.fleet.start_batch()


FAULTS: dict[str, Callable[[Scene, str], None]] = {
    "box": kill_box,
    "runner": kill_runner,
    "head": kill_head,
    "cut": cut_link,
    "store": stop_store,
    "disk": fill_disk,
    "clock": set_clock,
    "batch": kill_batch,
    "gone": lose_box,
    "silence": freeze_box,
}
# Where a question may be asked once more under `wait`: the one that was under way, and on a full disk the
# one whose answer could not be kept.
ENDS_A_RUN = ("box", "runner", "disk", "batch")


def impossible_here() -> dict[str, str]:
    """Faults that this machine lets nobody make, and why."""
    reasons = {"store": missing(), "disk": why_no_disk(), "clock": why_no_clock()}
    return {fault: why for fault, why in reasons.items() if why is not None}


def night_of(seed: int, fault: str | None = None) -> Night:
    """What chance makes of this seed, on this machine."""
    chance = random.Random(seed)
    fallen = chance.choice([one for one in FAULTS if one not in impossible_here()])
    on_lost_box, history = chance.choice([MOVE, WAIT]), chance.choice([FILE, DATABASE])
    fault = fault or fallen
    if fault == "gone":  # it can only be replaced
        on_lost_box = MOVE
    if fault == "store" or missing() is not None:
        history = DATABASE if fault == "store" else FILE
    return Night(seed, fault, on_lost_box, history)


def runners(fleet: Fleet, box: str) -> list[psutil.Process]:
    """The processes of groups on this box, without their supervisors."""
    mark = str(fleet.folder(box) / "runs")
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "benchkit.running.boxes.group_process" in words[:3] and mark in words[-1]:
            found.append(process)
    return found


def pass_night(root: Path, port: int, night: Night, pace: Pace = SHORT) -> Outcome:
    """Start the plan, let the fault happen in the midst of it, and see what is left in the end."""
    chance = random.Random(night.seed)
    with _scene(root, port, night, pace, chance) as scene:
        fleet = scene.fleet
        models = fleet.write_models(night.groups)
        fleet.write_plan(models, problems=ASKED, on_lost_box=night.on_lost_box)
        for box in BOXES:
            fleet.start_box(box)
        fleet.wait_for_boxes(*BOXES)
        began = time.monotonic()
        fleet.start_batch()
        enough = chance.randint(1, night.groups * ASKED // 2)
        wait_until(lambda: fleet.asked().total() >= enough, pace.within_s)
        busy: list[str] = []

        def some_are_busy() -> bool:
            busy.extend(box for box in BOXES if runners(fleet, box))
            return bool(busy)

        wait_until(some_are_busy)
        FAULTS[night.fault](scene, chance.choice(busy))
        code = fleet.processes["batch"].wait(pace.within_s)
        took = time.monotonic() - began
        assert code == 0, fleet.log(DESK, "batch")
        assert_each_run_once(fleet, models)
        _assert_nothing_is_kept_twice(fleet)
        assert_no_server_left(fleet)
        asked = fleet.asked()
        assert len(asked) == night.groups * ASKED
        outcome = Outcome(took, asked.total() - len(asked), told_again(fleet))
        _assert_counted(night, outcome, fleet)
        return outcome


@contextmanager
def _scene(root: Path, port: int, night: Night, pace: Pace, chance: random.Random) -> Iterator[Scene]:
    with ExitStack() as stack:
        network = stack.enter_context(network_if_possible(DESK, *BOXES))
        server = stack.enter_context(running_server()) if night.history == DATABASE else None
        fleet = stack.enter_context(fleet_in(root, port, *BOXES, thinks_s=THINKS_S, network=network))
        fleet.lease_s = str(pace.lease_s)
        if server is not None:
            fleet.history = server.make_database("nights")
        if night.fault == "clock":
            fleet.clocks = {name: make_clock(fleet.folder(name)) for name in (DESK, *BOXES)}
        if night.fault == "disk":
            fleet.disks = {name: Disk(fleet.folder(name)) for name in BOXES}
        yield Scene(fleet, pace, chance, server)


def _assert_nothing_is_kept_twice(fleet: Fleet) -> None:
    """What a run's journal holds was not asked again: of each question there is one answer in it."""
    for run in fleet.runs:
        answers = list(json_objects((Path(run["artifacts"]) / "answers.jsonl").read_bytes().splitlines()))
        assert len(answers) == ASKED
        assert set(Counter(answer["task_id"] for answer in answers).values()) == {1}


def told_again(fleet: Fleet) -> int:
    """The answers that the batch says are asked again."""
    summary = [line for line in fleet.log(DESK, "batch").splitlines() if line.startswith("- ")]
    told = [line.partition(BEGINS_ANEW)[2] for line in summary if BEGINS_ANEW in line]
    return sum(int(words.split()[0]) for words in told)


def _assert_counted(night: Night, outcome: Outcome, fleet: Fleet) -> None:
    if night.on_lost_box == WAIT:
        assert outcome.told_again == 0
        assert outcome.asked_again <= (night.fault in ENDS_A_RUN), fleet.log(DESK, "batch")
    else:
        assert outcome.told_again <= outcome.asked_again, fleet.log(DESK, "batch")
