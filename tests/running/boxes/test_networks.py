"""Boxes that are machines of their own as far as the network goes; needs root, or skips."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.running.boxes.faults import BOXES, LONGER_THAN_A_LEASE_S, PROBLEMS, THINKS_S, WITHIN_S, runners
from tests.running.boxes.fleet import DESK, SOON_S, assert_each_run_once, assert_no_server_left, fleet_in
from tests.running.boxes.network import network
from tests.support import wait_until

pytest.importorskip("distributed")
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(290)]


@pytest.mark.parametrize("on_lost_box", ["move", "wait"])
def test_a_silent_cut_of_a_link(on_lost_box: str, tmp_path: Path, port: int) -> None:
    """Nobody is told: the cut box stops its group and another does it, or it is waited for."""
    with (
        network(DESK, *BOXES) as net,
        fleet_in(tmp_path, port, *BOXES, thinks_s=THINKS_S, network=net) as fleet,
    ):
        models = fleet.write_models(4)
        fleet.write_plan(models, problems=10 * PROBLEMS, on_lost_box=on_lost_box)
        for box in BOXES:
            fleet.start_box(box)
        fleet.wait_for_boxes(*BOXES)
        fleet.start_batch()
        wait_until(lambda: runners(fleet, "alpha"), WITHIN_S)
        time.sleep(2)
        net.cut("alpha")
        cut = time.monotonic()
        if on_lost_box == "move":
            wait_until(
                lambda: "it may be at work elsewhere: stopped" in fleet.log("alpha", "alpha"), WITHIN_S
            )
            wait_until(lambda: "its box is lost" in fleet.log(DESK, "batch"), WITHIN_S)
        time.sleep(max(0.0, cut + LONGER_THAN_A_LEASE_S - time.monotonic()))
        net.mend("alpha")
        assert fleet.processes["batch"].wait(WITHIN_S) == 0, fleet.log(DESK, "batch")
        assert_each_run_once(fleet, models)
        again = sum(times - 1 for times in fleet.asked().values())
        if on_lost_box == "wait":
            assert again == 0
        fleet.end()
        assert_no_server_left(fleet)


def test_a_box_is_reached_from_elsewhere_wherever_its_head_lies_for_itself(tmp_path: Path, port: int) -> None:
    """On the head's machine the head's name means 127.0.1.1 there; a box that starts before its network is up
    has no address yet."""
    with network(DESK, "alpha") as net, fleet_in(tmp_path, port, "alpha", network=net) as fleet:
        fleet.write_models(1)
        fleet.kill("head")
        fleet.start(DESK, "head", "cluster", "head", "--port", str(port))
        models = str(fleet.root / "models")
        fleet.start(DESK, DESK, "cluster", "join", f"{DESK}:{port}", "--models", models)
        net.unplug("alpha")
        fleet.start_box("alpha")
        wait_until(lambda: "waiting for its network" in fleet.log("alpha", "alpha"), SOON_S)
        net.plug_in("alpha")
        fleet.wait_for_boxes("alpha", DESK)
        for name in ("alpha", DESK):
            told = fleet.run(name, "cluster", "status", f"{DESK}:{port}").stdout
            assert "alpha: idle\n" in told
            assert f"{DESK}: idle\n" in told
