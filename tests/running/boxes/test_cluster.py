"""A plan worked off by several boxes, each a process with folders of its own."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path

import pytest

from benchkit.running.boxes.cleaning import DELIVERED
from benchkit.running.boxes.groups import GROUPS
from tests.running.boxes.fleet import DESK, assert_each_run_once, assert_no_server_left, fleet_in
from tests.support import free_port, wait_until

pytest.importorskip("distributed")
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(280)]
BOXES = ("alpha", "beta", "gamma")


def test_three_boxes_work_off_one_plan(tmp_path: Path, port: int) -> None:
    """Each model is run once, by a box that has its file; records and small files come home."""
    with fleet_in(tmp_path, port, *BOXES, thinks_s=0.2) as fleet:
        fleet.lease_s = None  # its own: a machine may stand still for longer than a short one
        models = fleet.write_models(6)
        fleet.write_plan(models)
        only_there = fleet.root / "models-of-gamma"
        only_there.mkdir()
        renamed = only_there / "another-name.gguf"
        renamed.write_bytes(models[5].read_bytes())
        elsewhere = fleet.root / "models-of-others"
        elsewhere.mkdir()
        for path in models[:5]:
            (elsewhere / path.name).write_bytes(path.read_bytes())
        fleet.start_box("alpha", models=elsewhere)
        fleet.start_box("beta", models=elsewhere)
        fleet.start_box("gamma", models=only_there)
        fleet.wait_for_boxes(*BOXES)
        batch = fleet.run(DESK, "batch", "plan.yaml", "--cluster", fleet.address)
        assert batch.returncode == 0, batch.stderr
        assert_each_run_once(fleet, models)
        where = {run["model"]: run["machine"]["box"] for run in fleet.runs}
        assert where.pop("m5") == "gamma"
        assert set(where.values()) == {"alpha", "beta"}
        for run in fleet.runs:
            answers = Path(run["artifacts"]) / "answers.jsonl"
            assert answers.is_relative_to(fleet.folder(DESK))
            assert len(answers.read_text().splitlines()) == 4
            assert (Path(run["machine"]["folder"]) / "output.log").exists()
        assert set(fleet.asked().values()) == {1}
        told = fleet.run(DESK, "status", "--json")
        assert {state["box"] for state in json.loads(told.stdout)} == set(BOXES)
        folders = list(fleet.root.glob(f"*/runs/{GROUPS}/*"))
        assert len(folders) == 6
        wait_until(lambda: all((folder / DELIVERED).exists() for folder in folders))
        boxes = json.loads(fleet.run(DESK, "cluster", "status", fleet.address, "--json").stdout)
        assert [box["name"] for box in boxes] == list(BOXES)
        assert [len(box["models"]) for box in boxes] == [5, 5, 1]
        again = fleet.run(DESK, "batch", "plan.yaml", "--cluster", fleet.address)
        assert again.returncode == 0
        assert len(fleet.runs) == 6
        assert_no_server_left(fleet)


def test_status_shows_all_boxes_also_those_that_have_nothing_to_do(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One has the only model, one waits beside it, and one leaves meanwhile."""
    monkeypatch.setenv("COLUMNS", "400")  # room for all engines of this machine
    with fleet_in(tmp_path, port, *BOXES, thinks_s=10.0) as fleet:  # it is interrupted long before its end
        fleet.write_plan(fleet.write_models(1), problems=20)
        for name in BOXES:
            fleet.start_box(name)
        fleet.wait_for_boxes(*BOXES)
        fleet.start_batch()

        def told() -> str:
            return fleet.run(DESK, "status").stdout

        wait_until(lambda: "at work: m0" in told())
        working = next(name for name in BOXES if re.search(rf"^{name} +at work: m0", told(), re.MULTILINE))
        idle, leaving = (name for name in BOXES if name != working)
        wait_until(lambda: re.search(rf"^{idle} +idle .*llama-server .* now$", told(), re.MULTILINE))
        fleet.kill(leaving)
        wait_until(lambda: re.search(rf"^{leaving} +gone .* s ago$", told(), re.MULTILINE))
        fleet.processes["batch"].send_signal(signal.SIGINT)
        assert fleet.processes.pop("batch").wait(60) == 130
        assert idle not in told()
        assert not list(fleet.folder(DESK).glob("*boxes.json"))


def test_batches_with_histories_of_their_own_leave_each_others_runs_alone(tmp_path: Path, port: int) -> None:
    """The same plan twice at once: each batch gets all its results, and no answer is asked a second time."""
    with fleet_in(tmp_path, port, "alpha", "beta", thinks_s=0.3) as fleet:
        fleet.lease_s = None  # its own: a machine may stand still for longer than a short one
        fleet.write_plan(fleet.write_models(2))
        fleet.start_box("alpha")
        fleet.start_box("beta")
        fleet.wait_for_boxes("alpha", "beta")
        words = ("batch", "plan.yaml", "--cluster", fleet.address, "--history")
        batches = [fleet.start(DESK, name, *words, f"{name}.json") for name in ("one", "two")]
        assert [batch.wait(120) for batch in batches] == [0, 0]
        for name in ("one", "two"):
            assert "its box is lost" not in fleet.log(DESK, name)
        assert set(fleet.asked().values()) == {2}


def test_a_cluster_of_ipv6(tmp_path: Path, port: int) -> None:
    """A head at such an address, and a box that joins it there and is asked there."""
    try:
        there = str(free_port())
        socket.create_server(("::1", int(there)), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with fleet_in(tmp_path, port, "alpha") as fleet:
        fleet.write_models(1)
        fleet.start(DESK, "second-head", "cluster", "head", "--host", "::1", "--port", there)
        models = str(fleet.root / "models")
        fleet.start("alpha", "alpha", "cluster", "join", f"[::1]:{there}", "--models", models)
        fleet.wait_for_boxes("alpha")
        status = fleet.run(DESK, "cluster", "status", f"[::1]:{there}")
        assert "alpha: idle" in status.stdout, status.stderr


def test_an_interrupted_batch_stops_its_boxes_and_goes_on(tmp_path: Path, port: int) -> None:
    """Ctrl-C ends the run and its server on the box; the same command asks only what is left."""
    with fleet_in(tmp_path, port, "alpha", thinks_s=0.5) as fleet:
        fleet.lease_s = None  # its own: a machine may stand still for longer than a short one
        models = fleet.write_models(1)
        fleet.write_plan(models, problems=10)
        fleet.start_box("alpha")
        fleet.wait_for_boxes("alpha")
        batch = fleet.start_batch()
        wait_until(lambda: sum(fleet.asked().values()) >= 3)
        batch.send_signal(signal.SIGINT)
        assert batch.wait(60) == 130, fleet.log(DESK, "batch")
        assert_no_server_left(fleet)
        assert fleet.runs == []
        (state,) = json.loads(fleet.run(DESK, "status", "--json").stdout)
        assert (state["state"], state["box"]) == ("interrupted", "alpha")
        again = fleet.run(DESK, "batch", "plan.yaml", "--cluster", fleet.address)
        assert again.returncode == 0, again.stderr
        assert_each_run_once(fleet, models)
        assert sum(times - 1 for times in fleet.asked().values()) <= 1


def test_a_box_whose_clock_is_ten_minutes_ahead_does_its_part(tmp_path: Path, port: int) -> None:
    """No lease, no connection and no membership depends on the clocks of two machines."""
    clock = tmp_path / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(
        "import time\nright = time.time\ntime.time = lambda: right() + 600\n"
    )
    with fleet_in(tmp_path, port, "alpha", "beta", thinks_s=0.3) as fleet:
        fleet.lease_s = None  # its own: a machine may stand still for longer than a short one
        models = fleet.write_models(4)
        fleet.write_plan(models)
        fleet.start_box("alpha")
        fleet.start_box("beta", PYTHONPATH=str(clock))
        fleet.wait_for_boxes("alpha", "beta")
        batch = fleet.run(DESK, "batch", "plan.yaml", "--cluster", fleet.address, timeout=200)
        assert batch.returncode == 0, batch.stderr
        assert "its box is lost" not in batch.stderr
        assert_each_run_once(fleet, models)
        assert {run["machine"]["box"] for run in fleet.runs} == {"alpha", "beta"}
