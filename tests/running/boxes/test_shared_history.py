"""A cluster whose history lies in PostgreSQL: its leases are the store's own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchkit.telling.history import open_store
from benchkit.telling.history.leases import LeaseState, leasing
from tests.postgresql import running_server
from tests.running.boxes.fleet import DESK, LEASE_S, SOON_S, assert_each_run_once, fleet_in
from tests.support import wait_until

pytest.importorskip("distributed")
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(290)]


def test_a_store_that_is_down_for_a_while_costs_no_run(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends meanwhile waits on the desk and follows; each run is recorded once, each group is done."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with running_server() as server, fleet_in(tmp_path, port, "alpha", "beta", thinks_s=0.4) as fleet:
        history = server.make_database("cluster")
        models = fleet.write_models(6)
        fleet.write_plan(models)
        for box in ("alpha", "beta"):
            fleet.start_box(box)
        fleet.wait_for_boxes("alpha", "beta")
        words = ("batch", "plan.yaml", "--cluster", fleet.address, "--history", history)
        batch = fleet.start(DESK, "batch", *words)
        wait_until(lambda: len(open_store(history).heads()) >= 1, 120)
        server.stop()
        time.sleep(8)
        server.start()
        assert batch.wait(200) == 0, fleet.log(DESK, "batch")
        store = open_store(history)
        wait_until(lambda: len(store.heads()) == len(models))
        assert sorted(run.model for run in store.runs()) == sorted(path.stem for path in models)
        assert {run.machine.box for run in store.runs()} == {"alpha", "beta"}
        assert {one.state for one in leasing(store).groups()} == {LeaseState.DONE}


def test_boxes_go_on_while_the_database_says_nothing(tmp_path: Path, port: int) -> None:
    """Its link is cut, or its disk hangs: the batch that waits for its answer still looks after its boxes."""
    with running_server() as server, fleet_in(tmp_path, port, "alpha", thinks_s=0.4) as fleet:
        fleet.history = server.make_database("nights")
        models = fleet.write_models(1)
        fleet.write_plan(models, problems=60)
        fleet.start_box("alpha")
        fleet.wait_for_boxes("alpha")
        fleet.start_batch()
        wait_until(lambda: fleet.asked().total() >= 3, SOON_S)
        with server.silenced():
            time.sleep(2 * float(LEASE_S))
        assert fleet.processes["batch"].wait(200) == 0, fleet.log(DESK, "batch")
        assert "nobody looks at it any more" not in fleet.log("alpha", "alpha")
        assert_each_run_once(fleet, models)
        assert set(fleet.asked().values()) == {1}
