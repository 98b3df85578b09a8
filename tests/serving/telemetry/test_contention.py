"""What other programs take of the processor, with real busy loops beside us and below us."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import psutil
import pytest

from benchkit.records import speed_is_disturbed
from benchkit.serving.telemetry import sampling
from benchkit.serving.telemetry.contention import ContentionMeter
from tests.serving.telemetry.busy import other_programs, own_programs
from tests.support import wait_until

CPUS = len(os.sched_getaffinity(0))


def test_two_busy_loops_of_somebody_else_disturb() -> None:
    """They take their share, programs wait for it, and a run beside them is marked."""
    with other_programs(2 * CPUS), sampling(lambda: ()) as sampler:

        def are_seen() -> bool:
            """Of the whole time and of the last moments, in which this machine may have stood still."""
            until = time.process_time() + 0.2
            while time.process_time() < until:  # we want a processor, too
                pass
            share = sampler.summary().cpu_taken_by_others_percent
            return min(share or 0, sampler.contention().taken_lately_percent or 0) > 20

        wait_until(are_seen)
        found, now = sampler.summary(), sampler.contention()
    assert 0 < (now.ram_of_others_mb or 0) < psutil.virtual_memory().total / 2**20
    assert speed_is_disturbed(found.cpu_taken_by_others_percent, found.cpu_pressure_percent)


class Beside:
    """A meter, and loops on every processor that it is to count as ours."""

    def __init__(self, loops: Sequence[int], servers: Sequence[int] = ()) -> None:
        self.loops = [psutil.Process(pid) for pid in loops]
        wait_until(lambda: all(loop.cpu_times().user > 0 for loop in self.loops))
        self.began = time.monotonic()
        self.meter = ContentionMeter(lambda: servers)
        self.before = self.used_s()
        self.own_s = 0.0

    def used_s(self) -> float:
        return sum(loop.cpu_times().user for loop in self.loops)

    def wait_for_a_second_of_theirs(self) -> None:
        """However long that takes beside others."""
        wait_until(lambda: self.used_s() - self.before >= 1.0, 120)
        self.own_s = self.used_s() - self.before

    def assert_counted_as_ours(self) -> None:
        """What others took and what ours used is no more than all processors together had."""
        found = self.meter.read()
        all_s = CPUS * (time.monotonic() - self.began)
        assert found.taken_by_others_percent is not None
        assert found.taken_by_others_percent / 100 * all_s + self.own_s <= all_s + 0.5


def test_our_own_programs_are_nobody_else() -> None:
    """Loops that we started count as ours, while they live and when they have ended."""
    with own_programs(CPUS) as loops:
        beside = Beside([loop.pid for loop in loops])
        beside.wait_for_a_second_of_theirs()
        beside.assert_counted_as_ours()
    beside.assert_counted_as_ours()


def test_a_server_of_ours_that_somebody_else_started() -> None:
    """An endpoint on this machine is part of what is measured, from the moment it is known."""
    with other_programs(CPUS) as loops:
        beside = Beside(loops, servers=loops)
        beside.wait_for_a_second_of_theirs()
        beside.assert_counted_as_ours()


@pytest.mark.parametrize(
    ("taken", "waited", "disturbed"),
    [(48.0, 60.0, True), (48.0, None, True), (48.0, 1.0, False), (2.0, 60.0, False), (None, 60.0, False)],
)
def test_when_a_speed_is_disturbed(taken: float | None, waited: float | None, disturbed: bool) -> None:
    """Where others took a part of the processor, and somebody had to wait for it as far as is known."""
    assert speed_is_disturbed(taken, waited) is disturbed
