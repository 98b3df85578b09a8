"""A night with real servers and the demo models: what fails is a row, what was stopped goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import F16, QUANTIZED, ROOT, Bench, runs_in

SUMMARY = (
    "Results: x v1 (sha256 0)\npass@1: 50.00% (1/2), 95% interval 9.5–90.5\nTime: 1.0 s\nFailed tasks: x/1"
)
COMMAND = [sys.executable, str(ROOT / "bench_runner.py"), "batch", "plan.yaml"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One batch a machine is the rule; tests run side by side, each as a machine of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write_plan(folder: Path, **plan: Any) -> None:
    (folder / "plan.yaml").write_text(json.dumps({"defaults": {"server": "xllamacpp"}, **plan}))


def script(folder: Path, name: str, body: str) -> dict[str, str]:
    (folder / f"{name}.py").write_text(f"import os, sys, time\n{body}\n")
    return {"name": name, "script": f"{name}.py", "parser": "human_eval"}


def leftovers(folder: Path) -> list[str]:
    """Processes that belong to runs in this folder."""
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if str(folder) in command]


def test_whatever_fails_the_night_goes_on(bench: Bench, tmp_path: Path) -> None:
    """A corrupt file, a server that dies while answering and a script that hangs are rows with a cause."""
    (tmp_path / "corrupt.gguf").write_bytes(F16.read_bytes()[:5000])
    write_plan(
        tmp_path,
        models=[str(F16), "corrupt.gguf", str(QUANTIZED)],
        benchmarks=[
            script(tmp_path, "good", f"print({SUMMARY!r})"),
            script(tmp_path, "crash", "print('half done'); os.abort()"),
            {**script(tmp_path, "hang", "time.sleep(600)"), "timeout": 1},
        ],
        matrix={"temperature": [0.0, 0.5]},
    )
    done = bench("batch", "plan.yaml", timeout=110)
    assert done.returncode == 1, done.stderr
    runs = runs_in(tmp_path)
    found = Counter((run["model"], run["benchmark"], run["status"]) for run in runs)
    for model in (F16.stem, QUANTIZED.stem):
        assert found[model, "good", "ok"] == 2
        assert found[model, "crash", "failed"] == 2
        assert found[model, "hang", "failed"] == 2
    assert sum(run["model"] == "corrupt" and run["status"] == "failed" for run in runs) == 6
    assert "signal 6" in next(
        run["error"] for run in runs if run["benchmark"] == "crash" and run["model"] != "corrupt"
    )
    assert "14 failed" in done.stdout
    assert "--retry-failed" in (tmp_path / "benchmark_results.morning.md").read_text()
    assert leftovers(tmp_path) == []


def test_what_is_done_is_not_done_again(bench: Bench, tmp_path: Path) -> None:
    """The same command does nothing for what is done; --retry-failed repeats what failed, and only that."""
    body = f"print({SUMMARY!r}) if os.path.exists('mended') else sys.exit(3)"
    write_plan(
        tmp_path,
        models=[str(F16)],
        benchmarks=[script(tmp_path, "good", f"print({SUMMARY!r})"), script(tmp_path, "bad", body)],
    )
    assert bench("batch", "plan.yaml").returncode == 1
    assert bench("batch", "plan.yaml").returncode == 1
    assert [run["benchmark"] for run in runs_in(tmp_path)] == ["good", "bad"]
    (tmp_path / "mended").touch()
    assert bench("batch", "plan.yaml", "--retry-failed").returncode == 0
    assert [run["status"] for run in runs_in(tmp_path)] == ["ok", "failed", "ok"]


def test_a_changed_plan_runs_what_is_new(bench: Bench, tmp_path: Path) -> None:
    """A benchmark added to the plan is run, the one that was done is not."""
    good, more = (script(tmp_path, name, f"print({SUMMARY!r})") for name in ("good", "more"))
    write_plan(tmp_path, models=[str(F16)], benchmarks=[good])
    assert bench("batch", "plan.yaml").returncode == 0
    write_plan(tmp_path, models=[str(F16)], benchmarks=[good, more])
    assert bench("batch", "plan.yaml").returncode == 0
    assert [run["benchmark"] for run in runs_in(tmp_path)] == ["good", "more"]


def test_one_server_serves_all_benchmarks_of_a_model(bench: Bench, tmp_path: Path) -> None:
    """Three benchmarks of one model need one server start."""
    names = ("one", "two", "three")
    write_plan(
        tmp_path, models=[str(F16)], benchmarks=[script(tmp_path, n, f"print({SUMMARY!r})") for n in names]
    )
    assert bench("batch", "plan.yaml").returncode == 0
    assert len({run["server"]["base_url"] for run in runs_in(tmp_path)}) == 1
    assert len(list(tmp_path.glob("runs/*/server.log"))) == 1


def test_a_second_batch_is_refused_while_one_runs(bench: Bench, tmp_path: Path) -> None:
    """Two batches at once would spoil each other's timing: the second is told so, or waits if asked to."""
    write_plan(
        tmp_path,
        models=[str(F16)],
        benchmarks=[script(tmp_path, "slow", f"time.sleep(4); print({SUMMARY!r})")],
    )
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as first:
        wait_until(lambda: any(tmp_path.glob("runs/*/output.log")))
        second = bench("batch", "plan.yaml")
        assert second.returncode == 2
        assert "--if-busy wait" in second.stderr
        third = bench("batch", "plan.yaml", "--if-busy", "wait")
        assert third.returncode == 0
        assert first.wait(30) == 0
    assert len(runs_in(tmp_path)) == 1


def test_ctrl_c_ends_the_night_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """Interrupted, the night exits with 130 and its summary; started again it runs what was left."""
    body = f"time.sleep(0 if os.path.exists('again') else 60); print({SUMMARY!r})"
    write_plan(
        tmp_path, models=[str(F16)], benchmarks=[script(tmp_path, name, body) for name in ("one", "two")]
    )
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as night:
        wait_until(lambda: any(tmp_path.glob("runs/*/output.log")))
        night.send_signal(signal.SIGINT)
        assert night.wait(30) == 130
        assert night.stdout is not None
        assert "1 interrupted, 1 not run" in night.stdout.read()
    (tmp_path / "again").touch()
    assert subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert [run["status"] for run in runs_in(tmp_path)] == ["interrupted", "ok", "ok"]
    assert leftovers(tmp_path) == []


def test_nothing_is_started_that_would_not_end_in_time(bench: Bench, tmp_path: Path) -> None:
    """With --until a minute away, a run that takes two hours by the history is left for another night."""
    slow = f"print({SUMMARY.replace('1.0 s', '7200.0 s')!r})"
    write_plan(tmp_path, models=[str(F16)], benchmarks=[script(tmp_path, "slow", slow)])
    assert bench("batch", "plan.yaml").returncode == 0
    write_plan(
        tmp_path,
        models=[str(F16)],
        benchmarks=[script(tmp_path, "slow", slow)],
        matrix={"temperature": [0.7]},
    )
    until = time.strftime("%H:%M", time.localtime(time.time() + 120))
    done = bench("batch", "plan.yaml", "--until", until)
    assert done.returncode == 1
    assert f"would not have ended by {until}" in done.stdout
    assert len(runs_in(tmp_path)) == 1


def test_the_user_is_told_at_failures_and_at_the_end(bench: Bench, tmp_path: Path) -> None:
    """The notify command gets each failure and the morning's summary on its standard input."""
    told = tmp_path / "told.sh"
    told.write_text("#!/bin/sh\ncat >> told.txt\necho >> told.txt\n")
    told.chmod(0o755)
    write_plan(tmp_path, models=[str(F16)], benchmarks=[script(tmp_path, "bad", "sys.exit(3)")])
    done = bench("batch", "plan.yaml", "--notify-command", told, "--notify-failures")
    assert done.returncode == 1
    text = (tmp_path / "told.txt").read_text()
    assert text.startswith("bad on demo-f16: script: ")
    assert "1 runs: 0 ran, 1 failed" in text


def test_status_tells_the_night_from_another_shell(bench: Bench, tmp_path: Path) -> None:
    """`status` shows the run at work and, when it has ended, its score."""
    event = '{"event": "problem", "done": 3, "of": 9, "passed": 2}'
    body = (
        f"open(os.environ['BENCH_EVENTS'], 'w').write({event!r} + '\\n')\ntime.sleep(3)\nprint({SUMMARY!r})"
    )
    write_plan(tmp_path, models=[str(F16)], benchmarks=[script(tmp_path, "slow", body)])
    assert "no batch" in bench("status").stdout
    with subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        wait_until(lambda: any(tmp_path.glob("runs/*/events.jsonl")))
        during = bench("status").stdout
    assert "3/9 · 2 passed" in during
    assert "running as process" in during
    (after,) = map(json.loads, bench("status", "--json").stdout.splitlines())
    assert (after["state"], after["score"]) == ("ok", 50.0)


@pytest.mark.timeout(240)
def test_killed_at_any_instant_the_night_goes_on_where_it_was(tmp_path: Path) -> None:
    """After kills with -9 at random instants every run is in the history once, no answer asked twice."""
    kills = int(os.environ.get("BENCH_KILLS", "6"))
    write_plan(
        tmp_path,
        models=[str(F16), str(QUANTIZED)],
        benchmarks=[{"name": "demo", "max_tokens": 300}],
        matrix={"temperature": [0.0, 0.4]},
    )
    chance = random.Random(7)
    for _ in range(kills):
        with subprocess.Popen(
            COMMAND,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as night:
            try:
                night.wait(chance.uniform(0.3, 4.0))
            except subprocess.TimeoutExpired:
                night.kill()
    wait_until(lambda: leftovers(tmp_path) == [], seconds=3)
    ended = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert ended.returncode == 0, ended.stderr
    runs = runs_in(tmp_path)
    assert Counter((run["model"], run["config"]["temperature"]) for run in runs) == {
        (model.stem, temperature): 1 for model in (F16, QUANTIZED) for temperature in (0.0, 0.4)
    }
    assert {run["status"] for run in runs} == {"ok"}
    for run in runs:
        assert_nothing_was_asked_twice(Path(run["artifacts"]))
    assert leftovers(tmp_path) == []


def assert_nothing_was_asked_twice(folder: Path) -> None:
    lines = [
        json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines() if line.endswith("}")
    ]
    asked = Counter((line["task_id"], line["sample"]) for line in lines if "task_id" in line)
    assert set(asked.values()) == {1}


def wait_until(condition: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
