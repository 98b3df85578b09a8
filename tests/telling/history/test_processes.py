"""Several runners on one history, runners that are killed, disks that are full or read-only."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from benchkit.errors import HistoryError
from benchkit.files import locked, opened
from benchkit.telling.history import open_store, to_record
from benchkit.telling.history.artifacts import RunFiles
from benchkit.telling.history.json_file import appending, document, file, journal
from benchkit.telling.history.record import as_line
from tests.telling.history.kills import APPENDER, ENVIRONMENT, kill_while_appending, start_appender
from tests.telling.history.runs import a_run


def test_killed_runners_lose_no_acknowledged_run(tmp_path: Path) -> None:
    """Whatever a runner was at when kill -9 came, each run it acknowledged is there, once and in order."""
    path, random, acknowledged = tmp_path / "h.json", Random(1), []
    for number in range(25):
        acknowledged += kill_while_appending(path, f"life{number}", random)
        found = [run.id for run in open_store(path).runs()]
        assert len(found) == len(set(found))
        assert [name for name in found if name in set(acknowledged)] == acknowledged
    assert len(found) <= len(acknowledged) + 25


def test_several_runners_on_one_history_lose_nothing(tmp_path: Path) -> None:
    """Four processes append at once while the file is read: each run arrives, and no reading fails."""
    path = tmp_path / "h.json"
    runners = [start_appender(path, f"runner{number}", 30) for number in range(4)]
    while any(runner.poll() is None for runner in runners):
        open_store(path).runs()
    assert [runner.returncode for runner in runners] == [0, 0, 0, 0]
    assert sorted(run.id for run in open_store(path).runs()) == sorted(
        f"runner{number}-{run}" for number in range(4) for run in range(30)
    )


def test_a_run_that_two_copies_bring_at_once_is_there_once(tmp_path: Path) -> None:
    """One has looked what is there, and is kept waiting by the other, which adds it meanwhile."""
    path = tmp_path / "h.json"
    has_looked = threading.Event()

    def opening(_name: str) -> BytesIO:
        has_looked.set()
        return BytesIO(b"{}")

    runs = [(a_run("a"), RunFiles(("answers.jsonl",), opening)), (a_run("b"), RunFiles())]
    with ThreadPoolExecutor(1) as others:
        with locked(path) as target:
            later = others.submit(open_store(path).extend, runs)
            assert has_looked.wait(60)
            appending.append_record(target, to_record(a_run("a")))
        assert later.result() == 1
    assert [run.id for run in open_store(path).runs()] == ["a", "b"]


def test_an_append_cut_short_is_finished_when_the_history_is_opened(tmp_path: Path) -> None:
    """A reader sees the finished state at once, the next append makes it so on the disk."""
    path = tmp_path / "h.json"
    open_store(path).append(a_run("a"))
    _cut_short(path, "b")
    assert [run.id for run in open_store(path).runs()] == ["a", "b"]
    open_store(path).append(a_run("c"))
    assert [run["id"] for run in json.loads(path.read_text())["runs"]] == ["a", "b", "c"]
    assert not journal.place(path).exists()


def test_an_append_cut_short_does_not_undo_what_a_person_edited_since(tmp_path: Path) -> None:
    """When the file is another one by now, its runs stay and the run of the journal is added to them."""
    path = tmp_path / "h.json"
    open_store(path).append(a_run("a"))
    _cut_short(path, "b")
    path.write_text(json.dumps([{"id": "mine"}]))
    open_store(path).append(a_run("c"))
    assert [run.id for run in open_store(path).runs()] == ["mine", "b", "c"]


def test_a_lock_that_somebody_keeps_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the wait the run is put aside, and the error names both files."""
    path = tmp_path / "h.json"
    monkeypatch.setattr(file, "locked", lambda path: locked(path, wait_s=0.1))
    with locked(path), pytest.raises(HistoryError, match=r"another process keeps its lock.*unsaved"):
        open_store(path).append(a_run())


def test_a_limit_on_file_sizes_leaves_the_history_as_it_was(tmp_path: Path) -> None:
    """The space is reserved before a byte changes."""
    path = tmp_path / "h.json"
    for name in "abcdefgh":
        open_store(path).append(a_run(name, telemetry={"noise": "x" * 9000}))
    before = path.read_bytes()
    ran = subprocess.run(
        [*APPENDER, str(path), "more", "1"],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100,) * 2),
    )
    assert (ran.returncode, path.read_bytes()) == (1, before)
    assert "File too large" in ran.stderr
    assert json.loads((tmp_path / "h.unsaved-more-0.json").read_text())["id"] == "more-0"


def test_a_full_disk_leaves_a_whole_history_and_puts_the_run_elsewhere(tmp_path: Path) -> None:
    """On a real file system of 64 KiB: what was acknowledged is there, the first run that was not is told."""
    ran = _on_a_small_disk(tmp_path, "size=64k", '"$@" disk/h.json full 1000')
    kept = json.loads((tmp_path / "after" / "h.json").read_text())["runs"]
    assert ran.returncode == 1
    assert [run["id"] for run in kept] == ran.stdout.split()
    assert len(kept) > 3
    assert "No space left on device" in ran.stderr
    assert _put_aside(tmp_path, ran.stderr) == f"full-{len(kept)}"


def test_a_read_only_folder_leaves_the_history_readable_and_puts_the_run_elsewhere(tmp_path: Path) -> None:
    """The error tells where the run is, and reading needs no lock file."""
    imports = "from pathlib import Path; from benchkit.telling.history import open_store, to_record"
    reading = f"{imports}; print(len(open_store(Path('disk/h.json')).runs()))"
    read_only = "rm disk/.h.json.lock && mount -o remount,bind,ro disk"
    script = f'"$@" disk/h.json first 2 && {read_only} && "$1" -c "{reading}" && "$@" disk/h.json more 1'
    ran = _on_a_small_disk(tmp_path, "size=1m", script)
    assert (ran.returncode, ran.stdout.split()) == (1, ["first-0", "first-1", "2"])
    assert "Read-only file system" in ran.stderr
    assert _put_aside(tmp_path, ran.stderr) == "more-0"


def _put_aside(tmp_path: Path, told: str) -> str:
    """The id of the run in the file that the error names, wherever that now is."""
    named = Path(told.strip().rpartition(" put in ")[2])
    found = named if named.is_absolute() else tmp_path / "after" / named.name
    name: str = json.loads(found.read_text())["id"]
    return name


def _cut_short(path: Path, name: str) -> None:
    """Leave the file as a power loss may: the journal on the disk, the end of the history spoilt."""
    line = as_line(to_record(a_run(name)))
    with opened(path, os.O_RDWR) as fd:
        size = path.stat().st_size
        planned = journal.plan(fd, size, size - len(document.TAIL), b",\n" + line + document.TAIL, os)
        journal.write(path, planned, os)
        os.pwrite(fd, b"\xff" * 40, size - 20)


def _on_a_small_disk(tmp_path: Path, options: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a small file system of its own at `disk`; "$@" in it is the appender."""
    if shutil.which("unshare") is None:
        pytest.skip("a small file system needs the program unshare")
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*unshare, "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small file system (user namespaces are off)")
    (tmp_path / "disk").mkdir()
    (tmp_path / "tmp").mkdir()
    whole = f'mount -t tmpfs -o {options} x disk\n{script}\ncode=$?\ncp -r disk after\nexit "$code"'
    return subprocess.run(
        [*unshare, "sh", "-c", whole, "sh", *APPENDER],
        cwd=tmp_path,
        env={**os.environ, **ENVIRONMENT, "TMPDIR": str(tmp_path / "tmp")},
        capture_output=True,
        text=True,
    )
