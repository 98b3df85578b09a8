"""A night with real servers and the demo models: what fails is a row, what was stopped goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.running.batch.support import COMMAND, SUMMARY, good, leftovers, script, until_released, write_plan
from tests.support import F16, QUANTIZED, Bench, runs_in, wait_until

KILL_THE_SERVER = """
import json, threading, urllib.request
from urllib.parse import urlparse
import psutil
url = os.environ["OPENAI_BASE_URL"]
port = urlparse(url).port
(pid,) = {one.pid for one in psutil.net_connections() if one.status == "LISTEN" and one.laddr.port == port}
body = {"model": "x", "stream": True, "max_tokens": 4000, "messages": [{"role": "user", "content": "Go on."}]}
headers = {"Content-Type": "application/json"}
request = urllib.request.Request(url + "/chat/completions", json.dumps(body).encode(), headers)
with urllib.request.urlopen(request) as answer:
    answer.readline()  # it has begun to answer
    os.kill(pid, 9)
    time.sleep(30)
"""


def test_whatever_fails_the_night_goes_on(bench: Bench, tmp_path: Path) -> None:
    """A corrupt file, a server that dies while it answers and a script that hangs are rows with a cause."""
    (tmp_path / "corrupt.gguf").write_bytes(F16.read_bytes()[:5000])
    write_plan(
        tmp_path,
        defaults={"server": "xllamacpp", "restarts": 0},
        models=[str(F16), "corrupt.gguf", str(QUANTIZED)],
        benchmarks=[
            good(tmp_path),
            script(tmp_path, "killer", KILL_THE_SERVER),
            {**script(tmp_path, "hang", "time.sleep(600)"), "timeout": 0.3},
        ],
        matrix={"temperature": [0.0, 0.5]},
    )
    done = bench("batch", "plan.yaml")
    assert done.returncode == 1, done.stderr
    runs = runs_in(tmp_path)
    found = Counter((run["model"], run["benchmark"], run["status"]) for run in runs)
    for model in (F16.stem, QUANTIZED.stem):
        assert found[model, "good", "ok"] == 2
        assert found[model, "killer", "failed"] == 2
        assert found[model, "hang", "failed"] == 2
    assert sum(found.values()) == 18
    causes = {(run["model"], run["benchmark"]): run["error"] for run in runs}
    assert causes[F16.stem, "killer"].startswith("server died: ")
    assert "did not end within 0.3 s" in causes[F16.stem, "hang"]
    assert {causes["corrupt", name].split(":")[0] for name in ("good", "killer", "hang")} == {"model file"}
    assert "14 failed" in done.stdout
    assert done.stdout.count("\nbench_runner.py --model") == 14
    assert "--retry-failed" in (tmp_path / "benchmark_results.morning.md").read_text()
    assert leftovers(tmp_path) == []


def test_a_model_that_becomes_a_link_to_itself_is_a_row(
    bench: Bench, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """As a download tool may leave it: its run fails with its path, and the night goes on."""
    (tmp_path / "second.gguf").write_bytes(QUANTIZED.read_bytes())
    body = (
        "if not os.path.islink('second.gguf'):\n    os.remove('second.gguf')\n"
        f"    os.symlink('second.gguf', 'second.gguf')\nprint({SUMMARY!r})"
    )
    write_plan(
        tmp_path,
        models=[endpoint, "second.gguf", {**endpoint, "name": "third", "strict": False}],
        benchmarks=[script(tmp_path, "sabotage", body)],
    )
    done = bench("batch", "plan.yaml")
    assert done.returncode == 1, done.stderr
    states = {run["model"]: (run["status"], run["error"]) for run in runs_in(tmp_path)}
    assert states["stand-in"][0] == "ok"
    assert states["second"][0] == "failed"
    assert "second.gguf: no such file" in states["second"][1]
    assert "third" in states


def test_the_time_that_failures_cost_is_told(bench: Bench, tmp_path: Path, endpoint: dict[str, Any]) -> None:
    """A run that hangs costs its time again each time it is tried."""
    hang = {**script(tmp_path, "hang", "time.sleep(600)"), "timeout": 0.5}
    write_plan(tmp_path, models=[endpoint], benchmarks=[hang], matrix={"temperature": [0.0, 0.5]})
    assert bench("batch", "plan.yaml").returncode == 1
    bench("batch", "plan.yaml", "--retry-failed")
    states = json.loads(bench("status", "--json").stdout)
    assert [state["lost_s"] > state["seconds"] + 0.5 > 1 for state in states] == [True, True]


def test_what_is_done_is_not_done_again(bench: Bench, tmp_path: Path, endpoint: dict[str, Any]) -> None:
    """The same command does nothing for what is done; --retry-failed repeats what failed, and only that."""
    body = f"print({SUMMARY!r}) if os.path.exists('mended') else sys.exit(3)"
    write_plan(tmp_path, models=[endpoint], benchmarks=[good(tmp_path), script(tmp_path, "bad", body)])
    assert bench("batch", "plan.yaml").returncode == 1
    assert bench("batch", "plan.yaml").returncode == 1
    assert [run["benchmark"] for run in runs_in(tmp_path)] == ["good", "bad"]
    (tmp_path / "mended").touch()
    assert bench("batch", "plan.yaml", "--retry-failed").returncode == 0
    assert [run["status"] for run in runs_in(tmp_path)] == ["ok", "failed", "ok"]


def test_a_changed_plan_runs_what_is_new_and_what_was_taken_out(bench: Bench, tmp_path: Path) -> None:
    """What is new in the plan is run; so is what a person deleted from the history, and nothing else."""
    write_plan(tmp_path, models=[str(F16)], benchmarks=[good(tmp_path)])
    assert bench("batch", "plan.yaml").returncode == 0
    (first,) = runs_in(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / F16.name).write_bytes(F16.read_bytes())  # of the same name: both are shown with more
    models = [str(F16), f"more/{F16.name}"]
    write_plan(tmp_path, models=models, benchmarks=[good(tmp_path)])
    assert bench("batch", "plan.yaml").returncode == 0
    assert [run["model"] for run in runs_in(tmp_path)] == ["demo-f16", "more/demo-f16"]
    assert bench("leaderboard", "delete", first["id"], "--yes").returncode == 0
    assert bench("batch", "plan.yaml").returncode == 0
    assert [run["model"] for run in runs_in(tmp_path)] == ["more/demo-f16", "demo/demo-f16"]


def test_one_server_serves_all_benchmarks_of_a_model(bench: Bench, tmp_path: Path) -> None:
    """Three benchmarks of one model need one server start, also when one of them fails."""
    benchmarks = [good(tmp_path, "one"), script(tmp_path, "two", "sys.exit(3)"), good(tmp_path, "three")]
    write_plan(tmp_path, models=[str(F16)], benchmarks=benchmarks)
    assert bench("batch", "plan.yaml").returncode == 1
    assert [run["status"] for run in runs_in(tmp_path)] == ["ok", "failed", "ok"]
    assert len({run["server"]["base_url"] for run in runs_in(tmp_path)}) == 1
    assert len(list(tmp_path.glob("runs/*/server.log"))) == 1


def test_a_second_batch_is_refused_while_one_runs(
    bench: Bench, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """Two batches at once would spoil each other's timing: the second is told so, or waits if asked to."""
    write_plan(tmp_path, models=[endpoint], benchmarks=[script(tmp_path, "slow", until_released(SUMMARY))])
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as first:
        wait_until(lambda: any(tmp_path.glob("runs/*/output.log")))
        second = bench("batch", "plan.yaml")
        assert second.returncode == 2
        assert "--if-busy wait" in second.stderr
        with subprocess.Popen(
            [*COMMAND, "--if-busy", "wait"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as third:
            assert third.stderr
            while "waits for its end" not in third.stderr.readline():
                assert third.poll() is None
            (tmp_path / "released").touch()
            third.stderr.read()
        assert (first.wait(60), third.returncode) == (0, 0)
    assert len(runs_in(tmp_path)) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_the_night_and_the_same_command_goes_on(times: int, tmp_path: Path) -> None:
    """Interrupted, the night exits with 130 (once: with its summary); started again it runs what was left."""
    body = (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"time.sleep(0 if os.path.exists('again') else 60)\nprint({SUMMARY!r})"
    )
    write_plan(
        tmp_path, models=[str(F16)], benchmarks=[script(tmp_path, name, body) for name in ("one", "two")]
    )
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as night:
        assert night.stdout
        assert night.stderr
        wait_until(lambda: any(tmp_path.glob("runs/*/output.log")))
        night.send_signal(signal.SIGINT)
        if times == 2:
            while "once more" not in night.stderr.readline():
                pass
            night.send_signal(signal.SIGINT)
        assert night.wait(60) == 130
        assert ("1 interrupted, 1 not run" in night.stdout.read()) == (times == 1)
    wait_until(lambda: leftovers(tmp_path) == [])
    (tmp_path / "again").touch()
    assert subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert [run["status"] for run in runs_in(tmp_path)][-2:] == ["ok", "ok"]
    assert leftovers(tmp_path) == []


def test_status_tells_the_night_from_another_shell(
    bench: Bench, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """`status` shows the run at work with its progress and, when it has ended, its score."""
    events = [{"event": "problem", "done": done, "of": 9, "passed": done - 1} for done in (1, 3)]
    first, second = (f"told.write({json.dumps(event)!r} + '\\n')\n" for event in events)
    body = (
        "import json\ntold = open(os.environ['BENCH_EVENTS'], 'a', buffering=1)\n"
        "from benchkit.running.live import live_runs\n"
        # The pace is that of what comes after the first second.
        f"{first}while not any(run.snapshot.seconds >= 1 for run in live_runs()): time.sleep(0.05)\n"
        f"{second}{until_released(SUMMARY)}"
    )
    write_plan(tmp_path, models=[endpoint], benchmarks=[script(tmp_path, "slow", body)])
    assert "no batch" in bench("status").stdout
    with subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        wait_until(lambda: "3/9" in bench("status").stdout)
        during = bench("status").stdout
        (running,) = json.loads(bench("status", "--json").stdout)
        (tmp_path / "released").touch()
    assert "running as process" in during
    assert (running["now"]["done"], round(running["now"]["score"])) == (3, 67)
    assert running["now"]["seconds_left"] > 0
    (after,) = json.loads(bench("status", "--json").stdout)
    assert (after["state"], after["score"], after["now"]) == ("ok", 50.0, None)
    assert bench("status", "--watch").returncode == 0  # nothing runs: it ends


def test_a_night_that_was_killed_is_not_shown_as_running(
    bench: Bench, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """After kill -9, `status` says that the run at work was interrupted and that no batch runs."""
    write_plan(tmp_path, models=[endpoint], benchmarks=[script(tmp_path, "slow", "time.sleep(60)")])
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as night:
        wait_until(lambda: any(tmp_path.glob("runs/*/output.log")))
        night.kill()
    told = bench("status").stdout
    assert "interrupted" in told
    assert "no batch is running" in told
    wait_until(lambda: leftovers(tmp_path) == [])


def test_a_run_that_breaks_the_runner_is_a_row_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody foresaw fails one run, with a report to send in; the next runs, and nothing is lost."""
    from benchkit.running.runner import script as running_script
    from benchkit.running.runner.child import Child

    monkeypatch.chdir(tmp_path)

    def breaks_once(*given: Any, **named: Any) -> Any:
        if monkeypatch_once.pop("broken", False):
            raise RuntimeError("never thought of")
        return Child(*given, **named)

    monkeypatch_once = {"broken": True}
    monkeypatch.setattr(running_script, "Child", breaks_once)
    from tests.running.batch.in_process import night_of

    night = night_of(tmp_path, models=[str(F16)], benchmarks=[good(tmp_path, "one"), good(tmp_path, "two")])
    assert [run["status"] for run in runs_in(tmp_path)] == ["failed", "ok"]
    assert [state.state for state in night.states()] == ["failed", "ok"]
    assert "never thought of" in runs_in(tmp_path)[0]["error"]
    assert "please report" in capsys.readouterr().err


def test_ids_that_come_twice_mix_no_runs_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: dict[str, Any]
) -> None:
    """Of many ids of one second some are alike: each run has its own all the same, and its own folder."""
    from benchkit.running.batch import keeper
    from tests.running.batch.in_process import night_of

    monkeypatch.chdir(tmp_path)
    ids = iter("aababc")
    monkeypatch.setattr(keeper, "new_run_id", lambda: next(ids))
    names = ("one", "two", "three")
    night = night_of(tmp_path, models=[endpoint], benchmarks=[good(tmp_path, name) for name in names])
    assert [state.state for state in night.states()] == ["ok"] * 3
    assert {run["id"]: run["benchmark"] for run in runs_in(tmp_path)} == dict(zip("abc", names, strict=True))
    assert len({run["artifacts"] for run in runs_in(tmp_path)}) == 3


def test_leftovers_are_seen(tmp_path: Path) -> None:
    """The search for processes that were left behind finds one that is."""
    with subprocess.Popen(["sleep", "30"], cwd=tmp_path, env={**os.environ}) as sleeper:
        assert psutil.pid_exists(sleeper.pid)
        sleeper.kill()
    with subprocess.Popen(["tail", "-f", "/dev/null", str(tmp_path)], stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: len(leftovers(tmp_path)) == 1)
        finally:
            process.kill()
