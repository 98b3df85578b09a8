"""What other programs take of the processor, with real busy loops beside us and below us."""

from __future__ import annotations

import os
import time

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
        deadline = time.monotonic() + 2.0
        while time.monotonic() < deadline:  # we want a processor, too
            pass
        found, now = sampler.summary(), sampler.contention()
    assert found.cpu_taken_by_others_percent is not None
    assert found.cpu_taken_by_others_percent > 20
    assert (now.taken_lately_percent or 0) > 20
    assert 0 < (now.ram_of_others_mb or 0) < psutil.virtual_memory().total / 2**20
    assert speed_is_disturbed(found.cpu_taken_by_others_percent, found.cpu_pressure_percent)


def test_our_own_programs_are_nobody_else() -> None:
    """Loops that we started count as ours, while they live and when they have ended."""
    with own_programs(CPUS) as loops:
        processes = [psutil.Process(loop.pid) for loop in loops]
        wait_until(lambda: all(process.cpu_times().user > 0 for process in processes))
        began, before = time.monotonic(), sum(process.cpu_times().user for process in processes)
        meter = ContentionMeter(tuple)
        time.sleep(2.0)
        own = sum(process.cpu_times().user for process in processes) - before
        alive = meter.read()
    ended = meter.read()
    share = 100 * own / (CPUS * (time.monotonic() - began))
    assert share > 5
    for found in (alive, ended):
        assert found.taken_by_others_percent is not None
        assert found.taken_by_others_percent <= 110 - share


def test_a_server_of_ours_that_somebody_else_started() -> None:
    """An endpoint on this machine is part of what is measured, from the moment it is known."""
    with own_programs(1) as loops:
        server = psutil.Process(loops[0].pid)
        wait_until(lambda: server.cpu_times().user > 0.2)
        meter = ContentionMeter(lambda: [server.pid])
        time.sleep(0.5)
        found = meter.read()
    assert found.taken_by_others_percent is not None
    assert 0 <= found.taken_by_others_percent <= 100


@pytest.mark.parametrize(
    ("taken", "waited", "disturbed"),
    [(48.0, 60.0, True), (48.0, None, True), (48.0, 1.0, False), (2.0, 60.0, False), (None, 60.0, False)],
)
def test_when_a_speed_is_disturbed(taken: float | None, waited: float | None, disturbed: bool) -> None:
    """Where others took a part of the processor, and somebody had to wait for it as far as is known."""
    assert speed_is_disturbed(taken, waited) is disturbed
