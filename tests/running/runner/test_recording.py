"""What a run leaves behind when the disk is full, or its model is not there."""

from __future__ import annotations

import errno
import os
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from benchkit.errors import UsageError
from benchkit.records import ModelFile, Status
from benchkit.running.display import PlainDisplay
from benchkit.running.plan import PlannedRun, plan_run
from benchkit.running.runner import execute
from benchkit.running.runner.host import in_background
from benchkit.running.runner.work import mask_of
from benchkit.settings import RunSettings
from benchkit.telling.history import open_store
from tests.running.batch.kills import NAME, prove
from tests.running.runner.plans import scored
from tests.stand_ins.chat_server import chat_server
from tests.support import F16, Bench, runs_in, wait_until


@pytest.fixture
def plan(tmp_path: Path) -> PlannedRun:
    """A benchmark that needs no server."""
    return scored(tmp_path, "llama_bench")


def display() -> PlainDisplay:
    return PlainDisplay(BytesIO(), StringIO())


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_for_runs_loses_no_record(plan: PlannedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where run.json cannot be written the history has the run all the same."""
    monkeypatch.setattr("benchkit.running.runner.stages.atomic_write", full)
    assert execute(plan, display()).results.score == 50.0
    assert [run.id for run in open_store(plan.settings.history).runs()] == [plan.id]


def test_output_that_could_not_be_kept_is_a_full_disk(
    plan: PlannedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cause is the disk, not that the output held no result; what was printed is shown all the same."""
    monkeypatch.setattr("benchkit.running.runner.child._write_out", full)
    shown = BytesIO()
    run = execute(plan, PlainDisplay(shown, StringIO()))
    assert shown.getvalue() == b"score 50.0\n"
    assert run.status is Status.FAILED
    assert str(run.error).startswith("no disk space")
    assert [found.error for found in open_store(plan.settings.history).runs()] == [run.error]


def test_a_model_that_is_not_there_leaves_no_folder(tmp_path: Path) -> None:
    """Wrong usage is told before anything is made."""
    settings = RunSettings(benchmark="demo", model=tmp_path / "nowhere.gguf", runs_dir=tmp_path / "runs")
    with pytest.raises(UsageError, match=r"nowhere\.gguf"):
        execute(plan_run(settings), display())
    assert not (tmp_path / "runs").exists()


def test_a_key_in_dotenv_is_hidden(plan: PlannedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs and records hide a key that only .env holds, as they hide one of the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-0123456789\n")
    assert mask_of(plan).text("sent with sk-0123456789") == "sent with ***"


def test_what_stops_the_hashing_is_told() -> None:
    """It goes on in a thread of its own: whoever waits for it hears of any end."""

    def no_cache(_model: ModelFile) -> str:
        raise UsageError("no cache folder can be made")

    with pytest.raises(UsageError):
        in_background(no_cache, ModelFile(F16, (F16,), 1)).result(timeout=120)


def test_a_reader_that_pauses_costs_nothing(plan: PlannedRun, tmp_path: Path) -> None:
    """More than pipes hold, to a reader that goes on only when all was printed: the result is there."""
    (tmp_path / "bench.py").write_text("print('y' * 300_000)\nprint('score 50.0')\n")
    log = plan.folder / "output.log"
    shown = BytesIO()

    class Paused(PlainDisplay):
        def output(self, chunk: bytes) -> None:
            wait_until(lambda: log.stat().st_size > 300_000)
            super().output(chunk)

    assert execute(plan, Paused(shown, StringIO())).results.score == 50.0
    assert shown.getvalue().endswith(b"score 50.0\n")


@pytest.mark.parametrize("kind", ["folder", "no JSON", "below a file"])
def test_a_history_that_takes_no_run_is_told_before_anything_starts(
    kind: str, bench: Bench, tmp_path: Path
) -> None:
    """Not after hours: neither the script nor its folder is there."""
    history = tmp_path / "h.json"
    if kind == "folder":
        history.mkdir()
    else:
        history.write_text("{ no JSON")
    history = history / "h.json" if kind == "below a file" else history
    (tmp_path / "script.py").write_text("open('started', 'w')\n")
    done = bench(
        "--benchmark", "mine", "--script", "script.py", "--parser", "lcb", "--base-url", "http://127.0.0.1:1/v1",
        "--name", "x", "--history", history,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"bench_runner.py: history {history}: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "started").exists()
    assert not (tmp_path / "runs").exists()


def test_a_doubtful_score_is_told_and_kept(bench: Bench, tmp_path: Path) -> None:
    """0.85 is taken as 0.85 %, and the run says so on the screen and in its record; a flag settles it."""
    (tmp_path / "script.py").write_text("print('{\"accuracy\": 0.85}')\n")
    run = ("--benchmark", "mine", "--script", "script.py", "--score-path", "accuracy", "--name", NAME)
    with chat_server(prove) as server:
        doubted = bench(*run, "--base-url", server.base_url)
        settled = bench(*run, "--base-url", server.base_url, "--score-scale", "fraction")
    assert "warning: the score 0.85 was taken as 0.85%: say --score-scale fraction" in doubted.stderr
    assert "--score-scale" not in settled.stderr
    first, second = runs_in(tmp_path)
    assert (first["results"]["score"], second["results"]["score"]) == (0.85, 85.0)
    assert "--score-scale" in first["results"]["warnings"][0]
    assert "warnings" not in second["results"]
    assert second["config"]["score_scale"] == "fraction"


def test_where_no_cache_folder_can_be_made_nothing_is_begun(
    plan: PlannedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is refused before it has a folder, which no record would tell of."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="name a place with XDG_CACHE_HOME"):
        execute(plan, display())
    assert not plan.folder.exists()
