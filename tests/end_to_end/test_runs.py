"""Whole runs with the demo models and real servers: served, asked, judged, recorded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.support import F16, QUANTIZED, ROOT, XLLAMACPP_ON_ONE_THREAD, Bench, runs_in, wait_until

SAID = "said.txt"  # what a runner in the background says on its standard error
ONE_THREAD = [f"--server-arg={word}" for word in XLLAMACPP_ON_ONE_THREAD]
DEMO = [
    "--benchmark", "demo", "--server", "xllamacpp", *ONE_THREAD,
    "--temperature", "0.0", "--max-tokens", "300",
]  # fmt: skip
SOME_PROBLEMS = (
    "Demo/1",
    "Demo/2",
    "Demo/10",
    "Demo/12",
    "Demo/14",
)  # of which the model solves all but Demo/10
ALWAYS = ["timestamp", "benchmark", "model", "config", "results"]
ALWAYS_IN_RESULTS = [
    "score", "time_taken", "total_passed", "total_problems", "difficulty_scores", "failed_tasks",
]  # fmt: skip


def test_from_a_gguf_file_to_a_score_in_the_history(bench: Bench, tmp_path: Path) -> None:
    """The first call of the README works word for word and records what it must."""
    done = bench(
        "--model", F16, "--gpu-layers", "40", "--benchmark", "human_eval", "--script", "run_eval.py",
        "--temperature", "0.0", "--max-tokens", "1000", "--problems-file", ROOT / "demo" / "problems.jsonl",
        "--task", ",".join(SOME_PROBLEMS),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = runs_in(tmp_path)
    assert set(ALWAYS) <= set(run)
    assert set(ALWAYS_IN_RESULTS) <= set(run["results"])
    assert (run["config"]["path"], run["config"]["gpu_layers"]) == (str(F16), 40)
    assert 50 < run["results"]["score"] < 100
    assert (run["results"]["total_passed"], run["results"]["failed_tasks"]) == (4, ["Demo/10"])
    assert run["model_file"]["quantization"] == "F16"
    assert run["telemetry"]["tokens_per_second"] > 0
    kept = {path.name for path in Path(run["artifacts"]).iterdir()}
    assert {"answers.jsonl", "verdicts.jsonl", "summary.json", "output.log", "server.log", "run.json"} <= kept


def test_json_on_stdout_and_all_else_on_stderr(bench: Bench) -> None:
    """With --json stdout is the run's record and nothing else."""
    done = bench("--model", QUANTIZED, *DEMO, "--json", "--limit", "3")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["results"]["total_problems"] == 3
    assert "pass@1" in done.stderr


def test_a_dry_run_starts_nothing(bench: Bench, tmp_path: Path) -> None:
    """--dry-run shows both commands and the model's facts, and leaves no trace."""
    done = bench("--model", F16, *DEMO, "--dry-run")
    assert done.returncode == 0, done.stderr
    for expected in ("run_eval.py", "xllamacpp", "quantization: F16", "--max-tokens 300"):
        assert expected in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_list_and_show_read_the_history(bench: Bench) -> None:
    """`list` has a line a run, `show` finds a run by the beginning of its id."""
    bench("--model", QUANTIZED, *DEMO, "--limit", "2")
    (listed,) = json.loads(bench("list", "--json").stdout)
    assert listed["results"]["total_problems"] == 2
    shown = bench("show", listed["id"][:-2], "--json")
    assert json.loads(shown.stdout)["id"] == listed["id"]
    assert "completion_tokens" in bench("show", listed["id"]).stdout


def test_a_command_with_placeholders_is_a_benchmark(bench: Bench, tmp_path: Path) -> None:
    """Any command line runs with its placeholders filled in, and a pattern reads its score."""
    done = bench(
        "--model", F16, "--benchmark", "mine", "--server", "xllamacpp",
        "--score-pattern", r"got (?P<score>[\d.]+)",
        "--script", "echo {model} at {base_url} got 62.5 with {parallel}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = runs_in(tmp_path)
    assert run["results"]["score"] == 62.5
    assert "demo-f16 at http://127.0.0.1:" in done.stdout


def test_a_running_endpoint_is_used_and_left_alone(bench: Bench, tmp_path: Path, endpoint: str) -> None:
    """With --base-url nothing is started, and the endpoint still answers afterwards."""
    for _ in range(2):
        done = bench("--base-url", endpoint, "--name", "demo-f16", "--benchmark", "demo", "--limit", "2")
        assert done.returncode == 0, done.stderr
    assert [run["server"]["kind"] for run in runs_in(tmp_path)] == ["endpoint", "endpoint"]


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    """A server that somebody else started."""
    from benchkit.records import ServerRequest
    from benchkit.serving.gguf import read_model_file
    from benchkit.serving.servers import serve

    request = ServerRequest(
        "xllamacpp",
        "demo-f16",
        tmp_path / "endpoint.log",
        read_model_file(F16),
        extra_args=XLLAMACPP_ON_ONE_THREAD,
    )
    with serve(request, lambda _line: None) as server:
        yield server.facts.base_url


def test_a_server_that_dies_is_started_again_and_the_script_goes_on(tmp_path: Path) -> None:
    """One death midway costs a restart, not the run: answers already given are not asked again."""
    path = tmp_path / "bench.py"
    path.write_text(f"""import os, signal, subprocess, sys, time
if not os.path.exists("died"):
    open("died", "w").close()
    time.sleep(30)
sys.exit(subprocess.call([sys.executable, {str(ROOT / "run_eval.py")!r}, "--problems-file",
    {str(ROOT / "demo" / "problems.jsonl")!r}, "--limit", "2", *sys.argv[1:]]))
""")
    with running(tmp_path, "--model", F16, *DEMO, "--script", path) as runner:
        wait_until(lambda: (tmp_path / "died").exists())
        victim = next(
            process for process in processes_of(tmp_path) if "xllamacpp_child" in " ".join(process.cmdline())
        )
        victim.kill()
        assert runner.wait(60) == 0
    (run,) = runs_in(tmp_path)
    assert (run["status"], run["telemetry"]["server_restarts"]) == ("ok", 1)


def test_ctrl_c_once_puts_everything_away(tmp_path: Path) -> None:
    """Ctrl-C stops script and server, records the run as interrupted and exits with 130."""
    with running(tmp_path, "--model", F16, *DEMO, "--script", sleeper(tmp_path)) as runner:
        wait_until(lambda: any(tmp_path.glob("runs/*/output.log")))
        runner.send_signal(signal.SIGINT)
        assert runner.wait(60) == 130
    (run,) = runs_in(tmp_path)
    assert (run["status"], run["error"]) == ("interrupted", "interrupted")
    assert processes_of(tmp_path) == []


def test_ctrl_c_twice_ends_at_once_with_no_server_left(tmp_path: Path) -> None:
    """A second Ctrl-C does not wait for a script that ignores the first, and no process survives."""
    with running(tmp_path, "--model", F16, *DEMO, "--script", sleeper(tmp_path, deaf=True)) as runner:
        wait_until(lambda: at_work(tmp_path))
        runner.send_signal(signal.SIGINT)
        wait_until(lambda: "once more: at once" in (tmp_path / SAID).read_text())
        runner.send_signal(signal.SIGINT)
        assert runner.wait(60) == 130
    # One that waited for the script would have told what became of the run.
    assert runs_in(tmp_path) == []
    wait_until(lambda: processes_of(tmp_path) == [])


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "its first process is there": lambda folder: len(processes_of(folder)) > 1,
    "the server has its log": lambda folder: any(folder.glob("runs/*/server.log")),
    "the script has its log": lambda folder: any(folder.glob("runs/*/output.log")),
    "the script is at work": lambda folder: at_work(folder),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_with_9_nothing_survives(moment: str, tmp_path: Path) -> None:
    """However early or late the runner is killed, neither server nor script outlives it."""
    with running(tmp_path, "--model", F16, *DEMO, "--script", sleeper(tmp_path, deaf=True)) as runner:
        wait_until(lambda: MOMENTS[moment](tmp_path))
        runner.kill()
    wait_until(lambda: processes_of(tmp_path) == [])


def at_work(folder: Path) -> bool:
    return any("at work" in path.read_text() for path in folder.glob("runs/*/output.log"))


def sleeper(folder: Path, *, deaf: bool = False) -> Path:
    path = folder / "bench.py"
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)" if deaf else ""
    path.write_text(f"import signal, time\n{ignore}\nprint('at work', flush=True)\ntime.sleep(600)\n")
    return path


@contextmanager
def running(folder: Path, *arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(ROOT / "bench_runner.py"), *map(str, arguments)]
    with (
        (folder / SAID).open("wb") as said,
        subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
        ) as runner,
    ):
        try:
            yield runner
        finally:
            runner.kill()


def processes_of(folder: Path) -> list[psutil.Process]:
    """Processes that were started for a run in this folder and still live."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = [*(process.info["cmdline"] or []), place_of(process)]
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found.append(process)
    return [process for process in found if process.info["status"] != psutil.STATUS_ZOMBIE]


def place_of(process: psutil.Process) -> str:
    """Its working folder; another test's process may stand in one too deep to be named."""
    with suppress(psutil.Error, OSError):
        return process.cwd()
    return ""
