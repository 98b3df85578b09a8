"""Durable files: whole or not at all, one at a time, and never a failure passed over."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from benchkit.errors import UsageError
from benchkit.files import LineLog, atomic_write, cache_folder, locked, new_folder

ROOT = Path(__file__).parents[1]


def test_atomic_write_replaces_the_whole_content(tmp_path: Path) -> None:
    """Text and bytes, new files and old ones; nothing else is left in the folder."""
    path = tmp_path / "a.txt"
    atomic_write(path, "größer\n")
    atomic_write(path, b"\xff")
    assert path.read_bytes() == b"\xff"
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_write_keeps_mode_and_symbolic_link(tmp_path: Path) -> None:
    """A link's target is written, and stays as readable as it was."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    atomic_write(link, "new")
    assert (link.is_symlink(), real.read_text(), real.stat().st_mode & 0o777) == (True, "new", 0o640)


def test_atomic_write_writes_into_what_is_no_file_and_leaves_it(tmp_path: Path) -> None:
    """A pipe or a device such as /dev/null: a file in its place would break every other program."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        atomic_write(pipe, "größer\n")
        assert os.read(reader, 100).decode() == "größer\n"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_new_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    """Not before all is in it, and after a failure not at all; no draft stays."""
    folder = tmp_path / "shared" / "made"
    with pytest.raises(FileNotFoundError), new_folder(folder) as draft:
        (draft / "a").write_text((draft / "b").read_text())
    assert list(folder.parent.iterdir()) == []
    with new_folder(folder) as draft:
        (draft / "a").write_text("whole")
        assert not folder.exists()
    assert list(folder.parent.iterdir()) == [folder]
    assert (folder / "a").read_text() == "whole"


def test_a_new_folder_that_another_process_made_first_stays(tmp_path: Path) -> None:
    """The later process does not fail, and replaces nothing that others may be using already."""
    folder = tmp_path / "made"
    with new_folder(folder) as draft:
        (draft / "a").write_text("later")
        folder.mkdir()
        (folder / "a").write_text("first")
    assert (folder / "a").read_text() == "first"
    assert list(tmp_path.iterdir()) == [folder]


def test_an_atomic_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    """Here at a limit on the size of files; the error names the file that was meant."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    script = (
        "import pathlib, sys; from benchkit.files import atomic_write\n"
        "atomic_write(pathlib.Path(sys.argv[1]), 'x' * 9000)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert f"File too large: '{path}'" in ran.stderr
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    """A second taker waits, and is told when it waited long enough; sharers do not shut each other out."""
    path = tmp_path / "a"
    with (
        locked(path),
        pytest.raises(TimeoutError, match="another process keeps its lock"),
        locked(path, 0.05),
    ):
        pass
    sharers = locked(path, shared=True), locked(path, 0.05, shared=True)
    with sharers[0], sharers[1], pytest.raises(TimeoutError), locked(path, 0.05):
        pass
    assert not path.exists()


def test_a_lock_protects_a_counter_between_threads(tmp_path: Path) -> None:
    """Eight threads read, add and write without losing one."""
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        for _ in range(25):
            with locked(counter):
                counter.write_text(str(int(counter.read_text()) + 1))

    _in_threads(count, 8)
    assert counter.read_text() == "200"


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    """A killed holder leaves nothing that has to be cleaned up."""
    script = (
        "import pathlib, sys, time; from benchkit.files import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a")]
    holder = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait()
    with locked(tmp_path / "a", 0.05):
        pass


def test_lines_from_many_threads_stay_whole(tmp_path: Path) -> None:
    """Each line arrives once and unmixed, and is in the file as soon as append returns."""
    path = tmp_path / "log"
    with LineLog(path) as log:

        def append_many() -> None:
            for _ in range(100):
                log.append("x" * 500)

        _in_threads(append_many, 8)
        assert path.read_text() == ("x" * 500 + "\n") * 800


def test_a_log_goes_on_after_a_line_that_a_crash_cut_short(tmp_path: Path) -> None:
    """The half line stays by itself, so that readers can pass over it."""
    path = tmp_path / "log"
    path.write_text('{"whole": 1}\n{"ha')
    with LineLog(path) as log:
        log.append('{"next": 1}')
    assert path.read_text().splitlines() == ['{"whole": 1}', '{"ha', '{"next": 1}']


def test_a_log_syncs_within_its_time_and_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred quick lines share a sync or two; the first does not wait for a second line to come."""
    synced, fsync = threading.Semaphore(0), os.fsync
    calls = []

    def counted(fd: int) -> None:
        calls.append(fd)
        fsync(fd)
        synced.release()

    monkeypatch.setattr(os, "fsync", counted)
    log = LineLog(tmp_path / "log", sync_every_s=30)
    log.append("first")
    assert synced.acquire(timeout=120)
    for _ in range(100):
        log.append("more")
    log.close()
    assert len(calls) == 2


def test_a_failed_sync_of_a_log_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is raised at the next call and at the end, and fsync is not tried a second time."""
    calls, failed = [], threading.Event()

    def failing(fd: int) -> None:
        calls.append(fd)
        failed.set()
        raise OSError(5, "input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    log = LineLog(tmp_path / "log", sync_every_s=0.001)
    log.append("a")
    assert failed.wait(120)
    with pytest.raises(OSError, match="input/output"):
        _until_it_fails(lambda: log.append("b"))
    with pytest.raises(OSError, match="input/output"):
        log.close()
    assert len(calls) == 1


def test_a_log_on_a_full_disk_says_so_at_once() -> None:
    """/dev/full takes no byte."""
    log = LineLog(Path("/dev/full"))
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            log.append("a")


def test_the_cache_folder_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XDG_CACHE_HOME, else .cache in the home folder; made when it is not there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder() == tmp_path / "cache" / "bench_runner"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "bench_runner"
    assert cache_folder().is_dir()


def _in_threads(work: Callable[[], object], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _until_it_fails(call: Callable[[], object]) -> None:
    for _ in range(10_000):
        call()


def test_no_place_for_a_cache_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that cannot be written, or none at all, is wrong usage that names XDG_CACHE_HOME."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="XDG_CACHE_HOME"):
        cache_folder()
