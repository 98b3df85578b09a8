"""The night's limits: disk, clock, the same cause again and again."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest

from benchkit.commands.batch import command
from benchkit.errors import HistoryError, UsageError
from benchkit.running.batch import disk_space
from benchkit.running.batch.estimate import Estimate, Estimator
from benchkit.running.batch.loop import _alone
from benchkit.running.batch.options import BatchOptions, next_time_of_day
from benchkit.running.batch.state import journal_path, read_state
from benchkit.serving.servers.hardware import gpus
from tests.running.batch.in_process import night_of
from tests.running.batch.support import SUMMARY, good, script, write_plan
from tests.support import F16, QUANTIZED, Bench, runs_in

MB = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, megabytes: float) -> str:
    return f"open({str(folder / 'filler')!r}, 'wb').write(bytes({int(megabytes * MB)}))"


@pytest.mark.parametrize(
    ("filled", "said"),
    [(0, "only 8 MB are free for"), (20, "h.json.batch.jsonl: No space left on device")],
)
def test_nothing_is_started_on_a_disk_that_is_nearly_full(
    filled: int, said: str, bench: Bench, small_disk: Path
) -> None:
    """With less than 1 GB free, or with nothing, the night ends before it starts, and says where."""
    with suppress(OSError):
        (small_disk / "filler").write_bytes(bytes(filled * MB))
    write_plan(small_disk.parent, models=[str(F16)], benchmarks=[good(small_disk.parent)])
    done = bench("batch", "plan.yaml", "--history", "disk/h.json", "--runs-dir", "disk/runs")
    assert done.returncode == 1
    assert "Stopped early: " in done.stdout
    assert said in " ".join(done.stdout.split())
    assert "1 not run" in done.stdout


def test_a_disk_that_fills_during_a_run_stops_it_in_time(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is ended while its record can still be written; with room again, the rest goes on."""
    monkeypatch.setattr(disk_space, "ENOUGH_BYTES", 6 * MB)
    monkeypatch.setattr(disk_space, "LEAST_BYTES", 3 * MB)
    monkeypatch.chdir(small_disk.parent)
    once = f"if not os.path.exists('cleared'):\n    {fill(small_disk, 6)}\n    time.sleep(60)\n"
    benchmarks = [script(small_disk.parent, "hoarder", f"{once}print({SUMMARY!r})"), good(small_disk.parent)]
    night = night_of(small_disk, models=[str(F16)], benchmarks=benchmarks)
    assert night.stopped
    assert re.match("no disk space: stopped, only [23] MB are free", night.stopped)  # it fills meanwhile
    assert [state.state for state in night.states()] == ["failed", "waiting"]
    (small_disk / "filler").unlink()
    Path("cleared").touch()
    night_of(small_disk, {"retry_failed": True}, models=[str(F16)], benchmarks=benchmarks)
    assert [run["status"] for run in runs_in(small_disk)] == ["failed", "ok", "ok"]


def test_a_disk_that_is_full_at_once_loses_no_run(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no record finds room, the night ends and says why; with room again the run is done, once."""
    monkeypatch.setattr(disk_space, "ENOUGH_BYTES", 0)
    monkeypatch.setattr(disk_space, "LEAST_BYTES", 0)
    monkeypatch.chdir(small_disk.parent)
    body = f"if not os.path.exists('cleared'):\n    try: {fill(small_disk, 20)}\n    except OSError: pass\n"
    benchmarks = [script(small_disk.parent, "hoarder", f"{body}print({SUMMARY!r})"), good(small_disk.parent)]
    night = night_of(small_disk, models=[str(F16)], benchmarks=benchmarks)
    assert night.stopped
    assert "space" in night.stopped
    assert runs_in(small_disk) == []
    (small_disk / "filler").unlink()
    Path("cleared").touch()
    assert night_of(small_disk, models=[str(F16)], benchmarks=benchmarks).all_ok
    assert [run["benchmark"] for run in runs_in(small_disk)] == ["hoarder", "good"]


def test_three_models_in_a_row_with_the_same_cause_end_the_night(bench: Bench, tmp_path: Path) -> None:
    """Without an engine the fourth model is not tried; each of the three has its row."""
    for name in "abcd":
        (tmp_path / f"{name}.gguf").write_bytes(F16.read_bytes())
    write_plan(
        tmp_path,
        defaults={"server": "llama-cpp-python"},
        models=["*.gguf"],
        benchmarks=[good(tmp_path), good(tmp_path, "more")],
    )
    done = bench("batch", "plan.yaml", LLAMA_CPP_PYTHON="/nowhere/python", PATH="/usr/bin:/bin")
    assert done.returncode == 1
    assert "Stopped early: 3 models in a row failed alike" in done.stdout
    runs = runs_in(tmp_path)
    assert [run["model"] for run in runs] == ["a", "a", "b", "b", "c"]
    assert {run["status"] for run in runs} == {"failed"}


def test_causes_of_a_model_do_not_end_the_night(bench: Bench, tmp_path: Path) -> None:
    """Four damaged files in a row are four rows, and the good one after them runs."""
    for name in "abcd":
        (tmp_path / f"{name}.gguf").write_bytes(F16.read_bytes()[:5000])
    write_plan(tmp_path, models=["*.gguf", str(F16)], benchmarks=[good(tmp_path)])
    bench("batch", "plan.yaml")
    assert [run["status"] for run in runs_in(tmp_path)] == [*["failed"] * 4, "ok"]


def test_what_a_script_prints_does_not_end_the_batch(
    bench: Bench, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """Only a fault of this machine ends it, not a script whose last words look like one."""
    bad = script(tmp_path, "bad", "sys.exit('engine not installed; there is no GPU')")
    write_plan(tmp_path, models=[{**endpoint, "name": name} for name in "abcd"], benchmarks=[bad])
    done = bench("batch", "plan.yaml")
    assert "Stopped early" not in done.stdout
    assert [run["model"] for run in runs_in(tmp_path)] == list("abcd")


def test_a_missing_gpu_ends_the_batch(bench: Bench, tmp_path: Path) -> None:
    """--strict with layers for a GPU that is not there fails alike for every model."""
    if gpus():
        pytest.skip("this machine has a GPU")
    for name in "abcd":
        (tmp_path / f"{name}.gguf").write_bytes(F16.read_bytes())
    strict = {"server": "xllamacpp", "strict": True, "gpu_layers": "all"}
    write_plan(tmp_path, defaults=strict, models=["*.gguf"], benchmarks=[good(tmp_path)])
    assert "Stopped early: 3 models in a row failed alike: not as asked" in bench("batch", "plan.yaml").stdout
    assert [run["model"] for run in runs_in(tmp_path)] == list("abc")


def test_nothing_is_started_that_would_not_end_in_time(
    bench: Bench, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """What takes two hours by the history or by this night's own runs is left for another night."""
    slow = script(tmp_path, "slow", f"print({SUMMARY.replace('1.0 s', '7200.0 s')!r})")
    write_plan(
        tmp_path, models=[endpoint], benchmarks=[slow, good(tmp_path)], matrix={"temperature": [0.0, 0.7]}
    )
    until = time.strftime("%H:%M", time.localtime(time.time() + 600))
    for _ in range(2):
        done = bench("batch", "plan.yaml", "--until", until)
        assert done.returncode == 1
        assert f"would not have ended by {until}" in done.stdout
        assert [run["benchmark"] for run in runs_in(tmp_path)] == ["slow", "good", "good"]


def test_in_the_night_that_loses_an_hour_there_is_less_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: dict[str, Any]
) -> None:
    """From 01:30 to 05:00 there are two and a half hours when summer time begins: too few for 2 h 45."""
    monkeypatch.setattr(Estimator, "expect", lambda *_: Estimate(seconds=9900.0))
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    monkeypatch.chdir(tmp_path)
    try:
        clock = {"until": datetime(2027, 3, 28, 5).astimezone()}
        now = datetime(2027, 3, 28, 1, 30).astimezone()
        night = night_of(
            tmp_path, {**clock, "now": lambda: now}, models=[endpoint], benchmarks=[good(tmp_path)]
        )
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [night.why_not_started(entry) for entry in night.entries] == ["would not have ended by 05:00"]


@pytest.mark.parametrize("tomorrow", [False, True])
def test_until_is_the_next_time_the_clock_shows_it(tomorrow: bool) -> None:
    """Half an hour ago means tomorrow; the moment is one of this place's time."""
    now = datetime.now().astimezone()
    meant = (now + timedelta(minutes=-30 if tomorrow else 30)).replace(second=0, microsecond=0)
    until = next_time_of_day(f"{meant:%H:%M}")
    assert until.utcoffset() is not None
    assert timedelta(0) < until - now <= timedelta(hours=25)
    assert (until - now > timedelta(hours=22)) == tomorrow


def test_a_clock_that_jumps_spoils_no_duration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: dict[str, Any]
) -> None:
    """A clock set forward by a day and back again changes no run's seconds, only what --until sees."""
    monkeypatch.chdir(tmp_path)
    now = datetime.now()
    jumps = iter([now, now + timedelta(days=1), now - timedelta(days=1)])
    options = {"until": now + timedelta(hours=1), "now": lambda: next(jumps)}
    names = ("one", "two", "three")
    night = night_of(tmp_path, options, models=[endpoint], benchmarks=[good(tmp_path, n) for n in names])
    assert [state.state for state in night.states()] == ["ok", "waiting", "ok"]
    assert all(0 < (state.seconds or 0.0) < 3600 for state in night.states() if state.over)


def test_a_clock_set_back_during_a_run_costs_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result file dated before the run's start by a clock that was set back is still this run's."""
    monkeypatch.chdir(tmp_path)
    body = (
        "import json\nfile = os.path.join(os.environ['BENCH_OUTPUT_DIR'], 'results.json')\n"
        "json.dump({'results': {'gsm8k': {'exact_match,none': 25.0}}}, open(file, 'w'))\n"
        "os.utime(file, (time.time() - 7200,) * 2)\n"
        "print(json.dumps({'done': True}))"
    )
    benchmark = {
        **script(tmp_path, "far", body),
        "parser": "json",
        "score_path": "results.gsm8k.exact_match,none",
    }
    real = time.time
    monkeypatch.setattr("benchkit.running.runner.script.time.time", lambda: real() - 7200)
    night = night_of(tmp_path, models=[str(QUANTIZED)], benchmarks=[benchmark])
    assert [(state.state, state.score) for state in night.states()] == [("ok", 25.0)]


def test_a_clock_that_is_ahead_of_the_file_systems_costs_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that another machine keeps are dated by its clock, a year behind ours: the result is found."""
    monkeypatch.chdir(tmp_path)

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(days=365)

    real = time.time
    monkeypatch.setattr("benchkit.running.runner.record.datetime", Ahead)
    monkeypatch.setattr("benchkit.running.runner.script.time.time", lambda: real() + 365 * 86400)
    body = (
        "import json\nfile = os.path.join(os.environ['BENCH_OUTPUT_DIR'], 'results.json')\n"
        "json.dump({'share': 25.0}, open(file, 'w'))\n"
        "print(json.dumps({'done': True}))"
    )
    benchmark = {**script(tmp_path, "far", body), "parser": "json", "score_path": "share"}
    night = night_of(tmp_path, models=[str(QUANTIZED)], benchmarks=[benchmark])
    assert [(state.state, state.score) for state in night.states()] == [("ok", 25.0)]


def test_a_place_that_may_not_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything runs, and with what to do; the lock of a batch is nobody's business."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    history = tmp_path / "h.json"
    history.with_name(".h.json.batch.jsonl.lock").mkdir(mode=0o500)
    with (
        pytest.raises(
            UsageError, match=f"{tmp_path} may not be written .*: name another place with --history"
        ),
        _alone(BatchOptions(history=history), print),
    ):
        pass


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--history", "file/h.json"],
            "file may not be written (File exists): name another place with --history",
        ),
        (["--history", "file/x/h.json"], "Not a directory"),
        (["--runs-dir", "file/runs"], "file/runs may not be written (Not a directory)"),
        (
            ["--runs-dir", "file"],
            "file may not be written (Not a directory): name another place with --runs-dir",
        ),
    ],
)
def test_a_batch_that_has_no_place_for_its_runs_starts_none(
    options: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is refused as a whole, with the flag that names another place."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    write_plan(tmp_path, models=[str(F16)], benchmarks=[good(tmp_path)])
    with pytest.raises(UsageError) as told:
        command.main(["plan.yaml", *options], standalone_mode=False)
    assert said in str(told.value)
    assert said.rpartition("--")[2] in str(told.value)
    assert list(tmp_path.glob("runs*")) == []


def test_the_state_of_a_batch_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    """It names the journal and why."""
    history = tmp_path / "h.json"
    journal_path(history).symlink_to(journal_path(history))
    with pytest.raises(HistoryError, match=f"{journal_path(history)}: {os.strerror(errno.ELOOP)}"):
        read_state(history)
