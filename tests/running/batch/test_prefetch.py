"""The next model's file is read while another runs, and only where that is in nobody's way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import pytest

from benchkit.running.batch import prefetch
from benchkit.running.batch.expand import Entry, expand
from benchkit.running.batch.options import Prefetch
from benchkit.running.batch.planfile import make_plan
from benchkit.running.batch.prefetch import reading_ahead
from benchkit.running.batch.summary import idle_lines
from benchkit.running.live import Snapshot
from benchkit.serving.gguf import page_cache
from benchkit.serving.gguf.page_cache import cached_percent, is_on_network
from benchkit.settings import RunSettings
from tests.running.batch.support import COMMAND, SUMMARY, script, until_released, write_plan
from tests.support import F16, QUANTIZED, runs_in, wait_until

NEARLY_ALL = 90.0  # percent: a kernel may take single pages of files back at any time


def cold_copy(path: Path) -> Path:
    """A model whose bytes are on the disk and not in memory."""
    shutil.copyfile(F16, path)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if cached_percent([path]) != 0.0:
        pytest.skip("files here stay in memory")
    return path


def entries(*models: Path) -> list[Entry]:
    plan = {"models": [str(path) for path in models], "benchmarks": ["demo"]}
    return list(expand(make_plan(plan, "plan"), RunSettings(benchmark="")).entries)


def test_the_next_file_is_read_while_a_model_runs(tmp_path: Path) -> None:
    """Before the first run has ended all of it is in memory, and the record of the second run says so."""
    cold = cold_copy(tmp_path / "second.gguf")
    waits = script(tmp_path, "waits", until_released(SUMMARY))
    write_plan(tmp_path, models=[str(QUANTIZED), str(cold)], benchmarks=[waits])
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as night:
        wait_until(lambda: (cached_percent([cold]) or 0.0) >= NEARLY_ALL)
        assert runs_in(tmp_path) == []
        (tmp_path / "released").touch()
        assert night.wait(60) == 0
    second = runs_in(tmp_path)[1]
    assert second["model"] == "second"
    assert second["telemetry"]["model_cached_percent"] >= NEARLY_ALL


@pytest.mark.parametrize(
    ("wall_s", "asking_s", "loading_s", "expected"),
    [
        (
            600.0,
            540.0,
            30.0,
            ["- no question was under way for 1m00s of 10m00s, 30s of it while servers started"],
        ),
        (600.0, 540.0, 0.5, ["- no question was under way for 1m00s of 10m00s"]),
        (600.0, 599.5, 30.0, []),
        (600.0, 0.0, 30.0, []),  # nobody knows when its questions were under way
    ],
)
def test_the_summary_says_how_long_no_question_was_under_way(
    wall_s: float, asking_s: float, loading_s: float, expected: list[str]
) -> None:
    """Of the whole night, and how much of that went into loading."""
    assert idle_lines(wall_s, asking_s, loading_s) == expected


@pytest.mark.parametrize(
    ("how", "kind", "expected"),
    [
        (Prefetch.AUTO, "ext4", True),
        (Prefetch.AUTO, "nfs4", False),
        (Prefetch.ALWAYS, "nfs4", True),
        (Prefetch.NEVER, "ext4", False),
    ],
)
def test_a_network_file_system_is_read_only_where_asked(
    how: Prefetch, kind: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the type of the mount that holds the file, also where its name has a blank."""
    folder = tmp_path / "my models"
    folder.mkdir()
    escaped = str(folder).replace(" ", "\\040")
    mounted = f"1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:5 / {escaped} rw shared:1 - {kind} box:/m rw\n"
    (tmp_path / "mountinfo").write_text(mounted)
    monkeypatch.setattr(page_cache, "_MOUNTS", tmp_path / "mountinfo")
    shutil.copyfile(F16, folder / "next.gguf")
    assert is_on_network(folder / "next.gguf") is (kind == "nfs4")
    now, following = entries(QUANTIZED, folder / "next.gguf")
    assert (prefetch._worth_reading(now, following, how) is not None) is expected


def test_nothing_is_read_where_memory_is_short(tmp_path: Path) -> None:
    """The reader leaves at once where it would not leave as much free as it is told to; else it hashes."""
    hashes = tmp_path / "cache" / "bench_runner" / "sha256"
    for reserve, found in ((1 << 60, 0), (0, 1)):
        command = [sys.executable, "-m", "benchkit.serving.gguf.reading_ahead", str(F16), str(reserve)]
        subprocess.run(command, check=True)
        assert len(list(hashes.glob("*.json"))) == found


def words_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # another child, which ends just now
        return ""


def test_a_reader_ends_with_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is left to read, the next server's start does not wait for it."""
    monkeypatch.setattr(prefetch, "PROGRAM", (sys.executable, "-c", "import time; time.sleep(600)"))
    now, following = entries(QUANTIZED, F16)

    def readers() -> list[Any]:
        return [child for child in psutil.Process().children() if "time.sleep(600)" in words_of(child)]

    with reading_ahead(now, following, Prefetch.AUTO, lambda: Snapshot("running")):
        wait_until(readers)
    assert readers() == []


def test_a_reader_ends_with_a_batch_that_is_killed() -> None:
    """Also while it computes the file's hash, which of a large one takes minutes."""
    hashing = (
        "import sys, time; from benchkit.serving.gguf import reading_ahead as reader; "
        f"sys.argv[1:] = [{str(F16)!r}, '0']; "
        "reader.sha256_of = lambda _model: (print('hashing', flush=True), time.sleep(600)); reader.main()"
    )
    batch = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {hashing!r}]).wait()"
    with subprocess.Popen([sys.executable, "-c", batch], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "hashing\n"
        started.kill()
        assert started.stdout.read() == ""  # its end: nobody has it open any more


def test_a_reader_that_cannot_be_started_is_nobodys_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As where there is no room for one more process: the run goes on, and nothing is printed."""
    tried = Event()

    def refuse(*_: object, **__: object) -> None:
        tried.set()
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("benchkit.running.batch.prefetch.subprocess.Popen", refuse)
    now, following = entries(QUANTIZED, F16)
    with reading_ahead(now, following, Prefetch.AUTO, lambda: Snapshot("running")):
        assert tried.wait(60)
    assert capfd.readouterr().err == ""


def test_a_damaged_file_is_left_to_its_run(tmp_path: Path) -> None:
    """The reader says nothing: the run tells what is wrong with it."""
    (tmp_path / "bad.gguf").write_bytes(F16.read_bytes()[:5000])
    command = [sys.executable, "-m", "benchkit.serving.gguf.reading_ahead", str(tmp_path / "bad.gguf"), "0"]
    done = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    assert (done.stdout, done.stderr) == (b"", b"")
