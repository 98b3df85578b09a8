"""Runs that a box of a cluster does, as an onlooker sees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchkit.running.live import Announcement, Publisher, Snapshot, each_once, live_runs
from benchkit.running.live.form import RUNNING
from benchkit.running.live.owner import process, this_process
from tests.support import wait_until


def test_a_run_that_a_box_here_does_is_shown_once(tmp_path: Path) -> None:
    """The batch tells of it, and so does the box's own process: what the batch tells stands for both."""
    of_batch = Announcement("r1", "demo", "m", str(tmp_path), "history.json", 0.0, this_process(), "alpha")
    of_box = replace(of_batch, box="", owner=process(1), history="groups-of-cluster/history.json")
    publishers = [Publisher(one, tmp_path) for one in (of_batch, of_box)]
    for publisher in publishers:
        publisher.publish(Snapshot(RUNNING, done=1, total=2))
    wait_until(lambda: len(live_runs(tmp_path)) == 2)
    assert [run.announcement.box for run in each_once(live_runs(tmp_path))] == ["alpha"]
    publishers[0].close()
    assert [run.announcement.box for run in each_once(live_runs(tmp_path))] == [""]
    publishers[1].close()
