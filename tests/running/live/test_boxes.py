"""Boxes of a cluster and the runs that they do, as an onlooker sees them."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchkit.running.batch import overview
from benchkit.running.batch.state import EntryState, StateJournal, boxes_path
from benchkit.running.live import Announcement, BoxNow, Publisher, Snapshot, each_once, live_runs
from benchkit.running.live.boxes import read_boxes, removed_in_the_end, write_boxes
from benchkit.running.live.form import RUNNING
from benchkit.running.live.owner import process, this_process
from tests.support import wait_until
from tests.telling.history.test_stores import typed


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


ALPHA = BoxNow("alpha", ("RTX 4090",), 24564.0, ("llama-server b6300",), ("m1",), heard_at=100.0)


def test_what_a_batch_tells_of_its_boxes_is_read_from_its_file(tmp_path: Path) -> None:
    """As it was told; not what another process wrote, such as a batch that was killed."""
    path = tmp_path / "boxes.json"
    told = (ALPHA, BoxNow("beta", is_there=False))
    with removed_in_the_end(path):
        write_boxes(path, told)
        assert read_boxes(path, this_process()) == told
        assert read_boxes(path, process(1)) == ()
        assert read_boxes(path, None) == ()
    assert not path.exists()
    assert read_boxes(path, this_process()) == ()


@pytest.mark.parametrize(
    ("boxes", "names"),
    [
        ("null", []),
        ('[1, {}, {"name": 2}]', []),
        ('[{"name": "a", "gpus": 5, "heard_at": NaN, "is_there": 1}]', ["a"]),
    ],
)
def test_nonsense_in_that_file_is_passed_over(tmp_path: Path, boxes: str, names: list[str]) -> None:
    """A half known box is shown by its name."""
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps({"owner": asdict(this_process())})[:-1] + f', "boxes": {boxes}}}')
    assert [box.name for box in read_boxes(path, this_process())] == names
    path.write_text("[" * 100_000)
    assert read_boxes(path, this_process()) == ()


@pytest.mark.parametrize(
    ("box", "doing", "heard"),
    [
        (replace(ALPHA, heard_at=98.0), "at work: m1", "now"),
        (replace(ALPHA, heard_at=60.0), "at work: m1", "40 s ago"),
        (replace(ALPHA, at_work=(), heard_at=99.0), "idle", "now"),
        (replace(ALPHA, at_work=(), why_unused="it failed"), "idle: it failed", "now"),
        (replace(ALPHA, is_there=False, heard_at=99.0), "gone", "1 s ago"),
    ],
)
def test_a_box_is_told_in_words(box: BoxNow, doing: str, heard: str) -> None:
    """What it does, and since when nothing was heard of it."""
    assert (box.doing, box.heard(now=100.0)) == (doing, heard)


def test_status_shows_all_boxes_while_their_batch_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With GPU, VRAM and engines; without a batch nothing is known of any."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    history = tmp_path / "h.json"
    StateJournal(history).plan([EntryState("k", "m1", "demo")])
    write_boxes(
        boxes_path(history), [replace(ALPHA, heard_at=time.time()), BoxNow("beta", heard_at=time.time())]
    )
    told = typed("status", "--history", str(history)).output
    assert re.search(r"alpha +at work: m1 +RTX 4090 +24.0 +llama-server b6300 +now", told)
    assert re.search(r"beta +idle +none +none +now", told)
    monkeypatch.setattr(overview, "_is_alive", lambda _: False)
    assert "alpha" not in typed("status", "--history", str(history)).output
