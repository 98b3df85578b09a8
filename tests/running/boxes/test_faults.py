"""Whatever dies in the midst of a night: each run is in the history once, and no server is left."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from benchkit.running.live.form import read_snapshot
from tests.running.boxes.faults import (
    FILE,
    PROBLEMS,
    THINKS_S,
    WITHIN_S,
    Night,
    night_of,
    pass_night,
    runners,
    told_again,
)
from tests.running.boxes.fleet import DESK, Fleet, assert_each_run_once, fleet_in, write_small_model
from tests.support import wait_until

pytest.importorskip("distributed")
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(290)]
SEED_VARIABLE = "BENCH_NIGHT_SEED"


@pytest.mark.parametrize(
    ("fault", "on_lost_box"),
    [("box", "wait"), ("head", "move"), ("batch", "wait"), ("disk", "wait")],
)
def test_a_fault_costs_no_run_and_makes_none_twice(
    fault: str, on_lost_box: str, tmp_path: Path, port: int
) -> None:
    """All kinds of faults, again and again: measurements/cluster_faults.py.

    Where a group waits for its box, what that box has answered is not asked again, but for the one question
    that was under way.
    """
    pass_night(tmp_path, port, Night(0, fault, on_lost_box, FILE, groups=6))


@pytest.mark.parametrize("_night", range(3))
def test_a_night_with_a_fault_that_chance_chose(_night: int, tmp_path: Path, port: int) -> None:
    """Twelve groups on three boxes; BENCH_NIGHT_SEED passes the same night again."""
    given = os.environ.get(SEED_VARIABLE)
    chosen = night_of(int(given) if given else secrets.randbelow(1_000_000))
    print(f"{SEED_VARIABLE}={chosen.seed}, {chosen}")  # shown where it fails
    pass_night(tmp_path, port, chosen)


def test_a_box_that_is_back_without_the_model_keeps_no_batch_waiting(tmp_path: Path, port: int) -> None:
    """Under `wait` no other box may have its group: told, and the same command goes on later."""
    with fleet_in(tmp_path, port, "alpha", "beta", thinks_s=THINKS_S) as fleet:
        (model,) = fleet.write_models(1)
        fleet.write_plan([model], problems=2 * PROBLEMS, on_lost_box="wait")
        fleet.start_box("alpha")
        fleet.wait_for_boxes("alpha")
        batch = fleet.start_batch()
        wait_until(lambda: fleet.asked().total() >= 3, WITHIN_S)
        fleet.kill("alpha")
        other = write_small_model(tmp_path / "others" / "other.gguf").parent
        fleet.start_box("alpha", models=other)
        fleet.start_box("beta")
        assert batch.wait(WITHIN_S) == 1, fleet.log(DESK, "batch")
        assert "m0: alpha: it has no file of m0" in fleet.log(DESK, "batch")
        fleet.kill("alpha")
        fleet.start_box("alpha")
        wait_until(lambda: fleet.log("alpha", "alpha").count("has joined") == 3, WITHIN_S)
        assert fleet.start_batch().wait(WITHIN_S) == 0, fleet.log(DESK, "batch")
        assert_each_run_once(fleet, [model])
        assert fleet.asked().total() - len(fleet.asked()) <= 1  # the one that was under way


def test_what_a_moved_group_asks_again_is_counted(tmp_path: Path, port: int) -> None:
    """The batch tells how many answers lie on the lost box, as far as it had heard of them."""
    with fleet_in(tmp_path, port, "alpha", "beta", thinks_s=THINKS_S) as fleet:
        (model,) = fleet.write_models(1)
        fleet.write_plan([model], problems=4 * PROBLEMS)
        for box in ("alpha", "beta"):
            fleet.start_box(box)
        fleet.wait_for_boxes("alpha", "beta")
        batch = fleet.start_batch()
        wait_until(lambda: heard_of(fleet) >= 1, WITHIN_S)
        lost = "alpha" if runners(fleet, "alpha") else "beta"
        fleet.kill(lost)
        assert batch.wait(WITHIN_S) == 0, fleet.log(DESK, "batch")
        assert_each_run_once(fleet, [model])
        again = fleet.asked().total() - len(fleet.asked())
        assert again == len((fleet.folder(lost) / "asked.jsonl").read_text().splitlines())
        assert 1 <= told_again(fleet) <= again < 4 * PROBLEMS


def heard_of(fleet: Fleet) -> int:
    """The problems that the batch has heard to be done, as it tells onlookers."""
    files = (fleet.folder(DESK) / "cache").glob("bench_runner/live/*.jsonl")
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    return max((shot.done or 0 for line in lines if (shot := read_snapshot(line))), default=0)
