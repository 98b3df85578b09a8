"""What a run tells while it lasts: read by any onlooker, from any place on, whatever crashes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.running.live import Announcement, Follower, Publisher, Snapshot, live_runs, publishing
from benchkit.running.live import publish as publish_module
from benchkit.running.live.form import announcement_line, history_name, snapshot_line
from benchkit.running.live.owner import this_process
from tests.support import wait_until

ANOTHER_PROCESS = """
import sys, time
from pathlib import Path
from benchkit.running.live import Announcement, Publisher, Snapshot
from benchkit.running.live.owner import this_process
told = Announcement("another", "demo", "model", "runs/another", "h.json", time.time(), this_process())
publisher = Publisher(told, Path(sys.argv[1]))
done = 0
while True:
    done += 1
    publisher.publish(Snapshot("running", done=done))
    time.sleep(0.01)
"""


def announcement(run_id: str = "20260101-000000-abcd") -> Announcement:
    return Announcement(run_id, "demo", "model", "runs/x", "/h.json", time.time(), this_process())


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every snapshot is written, however soon it comes."""
    monkeypatch.setattr(publish_module, "NEWS_EVERY_S", 0.0)
    monkeypatch.setattr(publish_module, "FIGURES_EVERY_S", 0.0)


def running(done: int) -> Snapshot:
    return Snapshot("running", done=done, total=9)


@pytest.mark.usefixtures("unhurried")
def test_an_onlooker_follows_from_any_offset(tmp_path: Path) -> None:
    """Whoever comes later, or comes back with the offset of last time, gets each snapshot once."""
    publisher = Publisher(announcement(), tmp_path)
    (path,) = tmp_path.iterdir()
    for done in (1, 2):
        publisher.publish(running(done))
    with Follower(path) as first:
        assert [snapshot.done for snapshot in first.read()] == [1, 2]
        publisher.publish(running(3))
        with Follower(path, first.offset) as second:
            assert [snapshot.done for snapshot in second.read()] == [3]
            assert second.read() == []
    (run,) = live_runs(tmp_path)
    assert (run.announcement.model, run.snapshot.done, run.snapshot.total) == ("model", 3, 9)
    assert run.snapshot.at == pytest.approx(time.time(), abs=60)


@pytest.mark.usefixtures("unhurried")
def test_the_last_line_reaches_who_follows_after_the_file_is_gone(tmp_path: Path) -> None:
    """A run that ends tells how, then takes its file away."""
    publisher = Publisher(announcement(), tmp_path)
    (path,) = tmp_path.iterdir()
    with Follower(path) as follower:
        assert follower.read() == []
        publisher.publish(Snapshot("ok"))
        publisher.close()
        assert list(tmp_path.iterdir()) == []
        assert [snapshot.over for snapshot in follower.read()] == [True]
    with Follower(path) as late:
        assert late.read() == []


def test_half_a_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    """The reader waits for the end of a line that is being written, and passes over what is none."""
    path = tmp_path / "x.jsonl"
    line = snapshot_line(running(4))
    with path.open("wb", buffering=0) as file, Follower(path) as follower:
        file.write(announcement_line(announcement()) + line[:20])
        assert follower.read() == []
        assert live_runs(tmp_path)[0].snapshot == Snapshot()
        file.write(line[20:])
        assert [snapshot.done for snapshot in follower.read()] == [4]
        file.write(line[:20] + b"\n[1]\n\xff\n{}\n" + snapshot_line(running(5)))
        assert [snapshot.done for snapshot in follower.read()] == [5]


def test_a_line_without_an_end_is_not_waited_for(tmp_path: Path) -> None:
    """What is longer than any line of ours is passed over in bounded memory."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"x" * 5_000_000 + b"\n" + snapshot_line(running(6)))
    with Follower(path) as follower:
        found = [snapshot for _ in range(8) for snapshot in follower.read()]
    assert [snapshot.done for snapshot in found] == [6]


def test_fields_of_a_newer_version_are_passed_over_and_newer_forms_are_left_alone(tmp_path: Path) -> None:
    """An onlooker that is older than the run shows what it understands, and removes nothing of the other."""
    told = json.loads(announcement_line(announcement()))
    path = tmp_path / "x.jsonl"
    told["mood"] = told["owner"]["mood"] = "good"
    path.write_text(json.dumps(told) + '\n{"state": "running", "done": 7, "mood": "good"}\n')
    assert live_runs(tmp_path)[0].snapshot.done == 7
    path.write_text(json.dumps({**told, "version": 2}) + "\n")
    then = time.time() - 3600
    os.utime(path, (then, then))
    assert live_runs(tmp_path) == []
    assert path.exists()


def test_the_file_of_a_killed_run_is_removed_by_the_next_check(tmp_path: Path) -> None:
    """After kill -9 of the owner its run is no longer shown, also while its parent has not noticed."""
    with subprocess.Popen([sys.executable, "-c", ANOTHER_PROCESS, str(tmp_path)]) as owner:
        try:
            wait_until(lambda: any(run.snapshot.done for run in live_runs(tmp_path)))
            (run,) = live_runs(tmp_path)
            assert run.announcement.owner.pid == owner.pid
        finally:
            owner.kill()
        wait_until(lambda: live_runs(tmp_path) == [])  # the process is not waited for yet
        assert list(tmp_path.iterdir()) == []


def test_a_process_number_that_another_program_has_by_now_is_not_believed(tmp_path: Path) -> None:
    """The owner is known by its number and its start; and after a restart of the machine by neither."""
    owner = this_process()
    for number, stale in enumerate((replace(owner, started="1"), replace(owner, boot="before"))):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(announcement_line(replace(announcement(), owner=stale)))
    assert live_runs(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("age_s", "shown", "kept"), [(0, True, True), (3600, False, True), (90_000, False, False)]
)
def test_another_machines_run_is_known_by_what_it_writes(
    age_s: float, shown: bool, kept: bool, tmp_path: Path
) -> None:
    """On a disk that machines or containers share, a number says nothing; a fresh file does."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(announcement_line(replace(announcement(), owner=replace(this_process(), host="other"))))
    then = time.time() - age_s
    os.utime(path, (then, then))
    assert bool(live_runs(tmp_path)) == shown
    assert path.exists() == kept


def test_a_file_that_nobody_announced_is_removed_only_when_it_is_old(tmp_path: Path) -> None:
    """It may have been created this moment; or its owner met a full disk just then."""
    path = tmp_path / "x.jsonl"
    path.touch()
    assert live_runs(tmp_path) == []
    assert path.exists()
    then = time.time() - 3600
    os.utime(path, (then, then))
    assert live_runs(tmp_path) == []
    assert not path.exists()


def test_a_few_lines_a_second_at_most(tmp_path: Path) -> None:
    """However often a run has something to tell; a change of state is told at once."""
    publisher = Publisher(announcement(), tmp_path)
    (path,) = tmp_path.iterdir()
    began = time.monotonic()
    count = 0
    while time.monotonic() - began < 1.0:
        count += 1
        publisher.publish(running(count))
    publisher.publish(Snapshot("ok"))
    lines = path.read_bytes().splitlines()[1:]
    assert 2 <= len(lines) <= (time.monotonic() - began) * 4 + 2
    assert json.loads(lines[0])["done"] == 1
    assert json.loads(lines[-1])["state"] == "ok"


def test_a_place_that_takes_no_file_costs_only_the_telling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache folder that cannot be made, or a full disk, is no reason for a run to fail."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with publishing(announcement()) as publisher:
        publisher.publish(running(1))
    full = Publisher(announcement(), tmp_path)
    os.dup2(os.open("/dev/full", os.O_WRONLY), full._file or -1)
    full.publish(running(1))
    full.close()


def test_what_a_full_disk_cut_off_spoils_no_later_line(tmp_path: Path) -> None:
    """A line of which only a part was written is followed by one that begins anew."""
    publisher = Publisher(announcement(), tmp_path)
    (path,) = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(b'{"state":"run')
    publisher._begins_line = False
    publisher.publish(running(8))
    assert live_runs(tmp_path)[0].snapshot.done == 8


def test_an_onlooker_loads_nothing_of_the_runner() -> None:
    """Only this room, the ground and the standard library."""
    code = "import sys, benchkit.running.live; print(*(n for n in sys.modules if n.startswith('benchkit.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rooms = {name.split(".")[1] for name in done.stdout.split()}
    assert rooms <= {
        "running",
        "files",
        "errors",
        "records",
        "literals",
        "verdict",
        "contract",
        "json_values",
    }
    assert "benchkit.running.runner" not in done.stdout


def test_a_history_has_one_name_however_it_is_written(tmp_path: Path) -> None:
    """A link, a relative path and the path itself are one history; of a URL the password stays out."""
    (tmp_path / "link.json").symlink_to(tmp_path / "h.json")
    assert history_name(tmp_path / "link.json") == history_name(str(tmp_path / "x" / ".." / "h.json"))
    assert history_name("postgresql://me:secret@box:5432/runs") == "postgresql://box:5432/runs"
