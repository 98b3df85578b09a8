"""`status` shows a run that was started alone, while it lasts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.running.batch.kills import NAME, prove
from tests.running.batch.support import SUMMARY, leftovers, until_released
from tests.stand_ins.chat_server import chat_server
from tests.support import ROOT, Bench, runs_in, wait_until

EVENT = json.dumps({"event": "problem", "done": 3, "of": 9, "passed": 2})


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test's runs are another machine's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@contextmanager
def single_run(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run that has told of three problems and works on until the file `released` is there."""
    told = f"open(os.environ['BENCH_EVENTS'], 'a').write({EVENT!r} + '\\n')"
    (folder / "slow.py").write_text(f"import os, time\n{told}\n{until_released(SUMMARY)}\n")
    run = ("--benchmark", "slow", "--script", "slow.py", "--parser", "human_eval", "--name", NAME)
    with (
        chat_server(prove) as server,
        subprocess.Popen(
            [sys.executable, str(ROOT / "bench_runner.py"), *run, "--base-url", server.base_url],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def test_status_shows_a_single_run_and_watches_it_to_its_end(bench: Bench, tmp_path: Path) -> None:
    """Its row has the progress; --json has it as the row of a batch; --watch ends with the run."""
    with single_run(tmp_path) as process:
        wait_until(lambda: "3/9" in bench("status").stdout)
        (row,) = json.loads(bench("status", "--json").stdout)
        command = [sys.executable, str(ROOT / "bench_runner.py"), "status", "--watch"]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout
            while "3/9" not in watching.stdout.readline():
                assert watching.poll() is None
            (tmp_path / "released").touch()
            assert process.wait(60) == 0
            assert watching.wait(60) == 0
    assert (row["model"], row["benchmark"], row["state"]) == (NAME, "slow", "running")
    assert (row["now"]["done"], row["now"]["total"], round(row["now"]["score"])) == (3, 9, 67)
    assert row["run_id"] == runs_in(tmp_path)[0]["id"]
    assert "no batch was started" in bench("status").stdout
    assert list((tmp_path / "cache" / "bench_runner" / "live").iterdir()) == []


def test_another_historys_run_is_not_shown(bench: Bench, tmp_path: Path) -> None:
    """`status` tells of the history that it is asked for."""
    with single_run(tmp_path):
        wait_until(lambda: "3/9" in bench("status").stdout)
        assert "no batch was started" in bench("status", "--history", "other.json").stdout


def test_a_single_run_that_was_killed_is_shown_with_its_folder(bench: Bench, tmp_path: Path) -> None:
    """Nothing is under way after kill -9; where the answers are is told until their folder is deleted."""
    with single_run(tmp_path) as process:
        wait_until(lambda: "3/9" in bench("status").stdout)
        process.kill()
        process.wait()
        (folder,) = (tmp_path / "runs").iterdir()
        for _ in range(2):
            told = bench("status").stdout
            assert (
                f"slow on {NAME}: its process was killed after 3 of 9 problems; what it had is in {folder}"
                in told
            )
            assert "1 interrupted; no batch is running now" in told
        (row,) = json.loads(bench("status", "--json").stdout)
        assert (row["state"], row["folder"], row["now"]) == ("interrupted", str(folder), None)
        assert "no batch was started" in bench("status", "--history", "other.json").stdout
        wait_until(lambda: leftovers(tmp_path) == [])
    shutil.rmtree(folder)
    assert "no batch was started" in bench("status").stdout
    assert list((tmp_path / "cache" / "bench_runner" / "live").glob("*/*")) == []


def test_a_record_makes_the_note_of_a_killed_run_needless(bench: Bench, tmp_path: Path) -> None:
    """It was killed after its record had been written: the history has it, and `status` no more."""
    with single_run(tmp_path) as process:
        wait_until(lambda: "3/9" in bench("status").stdout)
        process.kill()
        process.wait()
    assert "was killed" in bench("status").stdout
    (folder,) = (tmp_path / "runs").iterdir()
    record = {"id": folder.name, "model": NAME, "benchmark": "slow", "results": {}}
    (tmp_path / "benchmark_results.json").write_text(json.dumps({"schema": 1, "runs": [record]}))
    assert "no batch was started" in bench("status").stdout
    assert list((tmp_path / "cache" / "bench_runner" / "live").glob("*/*")) == []
