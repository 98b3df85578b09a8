"""Bad input to the command: one clear line that names the thing and the next step, nothing lost or left."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.serving.gguf.writing import write
from tests.support import F16, Bench, runs_in

SUMMARY = (
    "Results: x v1 (sha256 0)\npass@1: 50.00% (1/2), 95% interval 9.5–90.5\nTime: 1.0 s\nFailed tasks: x/1"
)


def script(folder: Path, body: str, name: str = "bench.py") -> Path:
    path = folder / name
    path.write_text(f"import os, sys, time\n{body}\n")
    return path


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that says what is wrong."""
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("bench_runner.py")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def processes_of(folder: Path) -> list[str]:
    """Processes that were started for a run in this folder and still live."""
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if str(folder) in command]


def damaged(kind: str, folder: Path) -> Path:
    whole = F16.read_bytes()
    contents = {
        "empty": b"",
        "not GGUF": b"PK\3\4" + bytes(4096),
        "truncated in its header": whole[:1000],
        "truncated in its weights": whole[: len(whole) // 2],
    }
    path = folder / "model.gguf"
    path.write_bytes(contents[kind])
    return path


def test_a_missing_model_is_wrong_usage(bench: Bench, tmp_path: Path) -> None:
    """A path that does not exist is named, with exit code 2 and no history."""
    done = bench("--model", "nowhere.gguf", "--benchmark", "demo")
    assert done.returncode == 2
    assert "nowhere.gguf" in complaint(done)
    assert runs_in(tmp_path) == []


def test_a_folder_is_no_model(bench: Bench, tmp_path: Path) -> None:
    """A folder given as model is told so, with exit code 2."""
    done = bench("--model", tmp_path, "--benchmark", "demo")
    assert done.returncode == 2
    assert "folder" in complaint(done)


@pytest.mark.parametrize("kind", ["empty", "not GGUF", "truncated in its header", "truncated in its weights"])
def test_a_damaged_model_is_a_failed_run(kind: str, bench: Bench, tmp_path: Path) -> None:
    """A damaged GGUF file is a recorded failure that names the file, found without starting a server."""
    path = damaged(kind, tmp_path)
    done = bench("--model", path, "--benchmark", "demo")
    assert done.returncode == 1
    assert "model.gguf" in complaint(done)
    (run,) = runs_in(tmp_path)
    assert run["status"] == "failed"
    assert run["error"].startswith("model file")


def test_a_split_model_with_a_part_missing(bench: Bench, tmp_path: Path) -> None:
    """The missing part of a split model is named."""
    (tmp_path / "m-00001-of-00002.gguf").write_bytes(F16.read_bytes())
    done = bench("--model", "m-00001-of-00002.gguf", "--benchmark", "demo")
    assert done.returncode == 1
    assert "m-00002-of-00002.gguf" in complaint(done)


def test_a_projector_is_no_model(bench: Bench, tmp_path: Path) -> None:
    """A multimodal projector is told apart from a model before a server starts."""
    path = write(tmp_path / "mmproj.gguf", {"general.architecture": "clip"}, {"v.blk": ((64, 64), 0)})
    done = bench("--model", path, "--benchmark", "demo")
    assert done.returncode == 1
    assert "projector" in complaint(done)


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (["--benchmark", "humaneval"], "human_eval"),
        (["--benchmark", "demo", "--parser", "human-eval"], "human_eval"),
        (["--benchmark", "demo", "--server", "llamacpp"], "xllamacpp"),
        (["compair"], "compare"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(arguments: list[str], known: str, bench: Bench) -> None:
    """An unknown benchmark, parser, server or command is refused with the list of the known ones."""
    model = [] if arguments == ["compair"] else ["--model", str(F16)]
    done = bench(*arguments, *model)
    assert done.returncode == 2
    assert known in complaint(done)


def test_a_wrong_flag_is_told_by_the_script_before_any_server_starts(bench: Bench, tmp_path: Path) -> None:
    """A flag that neither the runner nor the script knows ends in one line within a second or two."""
    done = bench("--model", F16, "--benchmark", "demo", "--gpu-layer", "3")
    assert done.returncode == 2
    assert "--gpu-layer" in complaint(done)
    assert runs_in(tmp_path) == []
    assert not list((tmp_path / "runs").glob("*/server.log"))


def test_a_missing_problems_file_costs_no_model_load(bench: Bench, tmp_path: Path) -> None:
    """The script's own check finds a missing problems file before a server starts."""
    done = bench("--model", F16, "--benchmark", "human_eval", "--problems-file", "nowhere.jsonl")
    assert done.returncode == 2
    assert "nowhere.jsonl" in complaint(done)
    assert runs_in(tmp_path) == []


def test_a_missing_script(bench: Bench) -> None:
    """A script that is neither here nor on PATH is named."""
    done = bench("--model", F16, "--benchmark", "demo", "--script", "no_such_bench.py")
    assert done.returncode == 2
    assert "no_such_bench.py" in complaint(done)


def test_a_script_that_is_not_executable(bench: Bench, tmp_path: Path) -> None:
    """A script without the x bit is told with the chmod that mends it."""
    path = script(tmp_path, "", "bench.sh")
    done = bench("--model", F16, "--benchmark", "demo", "--script", path)
    assert done.returncode == 2
    assert f"chmod +x {path}" in complaint(done)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("", "printed nothing"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe\\x80 nothing to see\\n')", "no result"),
        ("print('working…', flush=True); sys.exit(3)", "exit code 3"),
        ("os.kill(os.getpid(), 11)", "signal 11"),
        ("raise RuntimeError('the bench broke')", "the bench broke"),
    ],
    ids=["nothing", "invalid UTF-8", "exit code", "signal", "exception"],
)
def test_a_script_that_fails_is_a_failed_run(body: str, cause: str, bench: Bench, tmp_path: Path) -> None:
    """However a script fails, the run is recorded with a one-line cause and its output is kept."""
    done = bench(
        "--model", F16, "--benchmark", "demo", "--server", "xllamacpp", "--script", script(tmp_path, body)
    )
    assert done.returncode == 1
    (run,) = runs_in(tmp_path)
    assert (run["status"], run["results"]["score"]) == ("failed", None)
    assert cause in run["error"]
    assert "\n" not in run["error"]
    assert (Path(run["artifacts"]) / "output.log").exists()
    assert processes_of(tmp_path) == []


def test_a_script_that_never_ends_is_stopped(bench: Bench, tmp_path: Path) -> None:
    """A script past --timeout is stopped with all it started, and the run is recorded as failed."""
    sleeper = "[sys.executable, '-c', 'import time; time.sleep(600)', sys.argv[0]]"
    path = script(tmp_path, f"import subprocess; subprocess.Popen({sleeper}); time.sleep(600)")
    done = bench(
        "--model", F16, "--benchmark", "demo", "--server", "xllamacpp", "--script", path, "--timeout", "1"
    )
    assert done.returncode == 1
    (run,) = runs_in(tmp_path)
    assert "did not end within 1 s" in run["error"]
    assert processes_of(tmp_path) == []


def test_a_script_that_prints_40_mb_is_read_all_the_same(bench: Bench, tmp_path: Path) -> None:
    """40 MB of output do no harm: the summary at its end is found."""
    # Written so: Python's own print drops the rest of a write that a signal, or a frozen process, cut short.
    body = (
        "import os\nfor _ in range(40):\n    left = (b'y' * 99 + b'\\n') * 10485\n"
        f"    while left: left = left[os.write(1, left):]\nprint({SUMMARY!r})"
    )
    done = bench(
        "--model", F16, "--benchmark", "demo", "--server", "xllamacpp", "--script", script(tmp_path, body)
    )
    assert done.returncode == 0
    (run,) = runs_in(tmp_path)
    assert run["results"]["score"] == 50.0
    assert (Path(run["artifacts"]) / "output.log").stat().st_size > 40_000_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"schema": 1, "runs": [\n{"id": oops}\n]}', "line 2"),
        ('{"schema": 99, "runs": []}', "99"),
    ],
    ids=["not JSON", "newer schema"],
)
def test_a_history_that_cannot_be_used_stays_untouched(
    content: str, said: str, bench: Bench, tmp_path: Path
) -> None:
    """A broken or newer history is never overwritten: one that breaks during a run has the record beside it.

    The next run is refused before anything starts.
    """
    history = tmp_path / "benchmark_results.json"
    path = script(tmp_path, f"open({str(history)!r}, 'w').write({content!r})\nprint({SUMMARY!r})")
    run = ("--model", F16, "--benchmark", "demo", "--server", "xllamacpp", "--script", path)
    done = bench(*run)
    assert done.returncode == 1
    assert said in complaint(done)
    assert history.read_text() == content
    (saved,) = tmp_path.glob("benchmark_results.unsaved-*.json")
    assert saved.name in complaint(done)
    refused = bench(*run)
    assert refused.returncode == 1
    assert said in complaint(refused)
    assert len(list(tmp_path.glob("runs/*"))) == len(list(tmp_path.glob("benchmark_results.unsaved-*"))) == 1
    listed = bench("list")
    assert listed.returncode == 1
    assert said in complaint(listed)


def test_a_history_that_is_a_folder(bench: Bench, tmp_path: Path) -> None:
    """A folder in the history's place is told, with the option that names another file."""
    (tmp_path / "benchmark_results.json").mkdir()
    done = bench("list")
    assert done.returncode == 1
    assert "--history" in complaint(done)


@pytest.mark.parametrize("content", [None, ""], ids=["missing", "empty"])
def test_a_missing_or_empty_history_is_a_new_one(content: str | None, bench: Bench, tmp_path: Path) -> None:
    """A missing or empty history lists nothing, says how to begin, and takes its first run."""
    history = tmp_path / "benchmark_results.json"
    if content is not None:
        history.write_text(content)
    listed = bench("list")
    assert listed.returncode == 0
    assert "no runs" in listed.stdout
    path = script(tmp_path, f"print({SUMMARY!r})")
    done = bench("--model", F16, "--benchmark", "demo", "--server", "xllamacpp", "--script", path)
    assert done.returncode == 0, done.stderr
    (run,) = runs_in(tmp_path)
    assert run["results"]["total_passed"] == 1


def test_an_unknown_run_is_named(bench: Bench) -> None:
    """`show` of an unknown run is wrong usage and says what there is."""
    done = bench("show", "20990101")
    assert done.returncode == 2
    assert "20990101" in complaint(done)


def test_no_model_at_all(bench: Bench) -> None:
    """Without --model and --base-url the next step is told."""
    done = bench("--benchmark", "demo")
    assert done.returncode == 2
    assert "--model" in complaint(done)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_runs_folder_that_cannot_be_made(bench: Bench, tmp_path: Path) -> None:
    """A read-only place for runs is told before anything starts."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    done = bench("--model", F16, "--benchmark", "demo", "--runs-dir", closed / "runs")
    assert done.returncode == 2
    assert "--runs-dir" in complaint(done)
