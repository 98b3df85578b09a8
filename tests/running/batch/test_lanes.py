"""Models of providers side by side in one batch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchkit.contract import Variable
from benchkit.errors import UsageError
from benchkit.files import cache_folder
from benchkit.running.batch.lanes import may_run_beside, shared_pace
from benchkit.settings import RunSettings
from tests.stand_ins.chat_server import Turn
from tests.stand_ins.limits import Bucket, awake_time, retry_after
from tests.stand_ins.provider import provider
from tests.support import ROOT, runs_in, wait_until

MODELS = ("gpt-4", "o3-mini", "gpt-5")
BATCH = [sys.executable, str(ROOT / "bench_runner.py"), "batch", "plan.yaml", "--concurrent-models"]


TWO_PROBLEMS = {"name": "demo", "args": ["--limit", "2"]}


def write_plan(folder: Path, benchmark: Any = TWO_PROBLEMS, models: Sequence[str] = MODELS) -> None:
    named = [f"openai/{model}" for model in models]
    (folder / "plan.yaml").write_text(json.dumps({"models": named, "benchmarks": [benchmark]}))


def environment(base_url: str) -> dict[str, str]:
    return {**os.environ, "OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "sk-proj-Zq7"}


def test_so_many_at_once_and_no_more(tmp_path: Path) -> None:
    """The first two models wait for each other, and the third for one of them; each is recorded once."""
    asked: dict[str, int] = {}
    before_the_third: list[int] = []
    together, lock = threading.Event(), threading.Lock()

    def script(turn: Turn) -> bool:
        if not turn.body.get("stream"):  # the runner's own question
            return False
        with lock:
            model = turn.body["model"]
            if model not in asked and len(asked) == 2:
                before_the_third.extend(asked.values())
            asked[model] = asked.get(model, 0) + 1
            if len(asked) == 2:
                together.set()
        assert together.wait(120)
        return False

    write_plan(tmp_path)
    with provider("openai", lambda _: "```python\npass\n```", script=script) as server:
        done = subprocess.run(
            [*BATCH, "2"], cwd=tmp_path, env=environment(server.base_url), capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    runs = runs_in(tmp_path)
    assert sorted(run["model"] for run in runs) == sorted(f"openai/{model}" for model in MODELS)
    assert {run["status"] for run in runs} == {"ok"}
    assert 2 in before_the_third  # one of the first two had been asked all its questions
    assert len({run["artifacts"] for run in runs}) == 3
    lines = [line for line in done.stderr.splitlines() if line.startswith("[")]
    assert [line[:5] for line in lines] == ["[1/3]", "[2/3]", "[3/3]"]


def run_under_limit(folder: Path, models: Sequence[str], args: Sequence[str]) -> Bucket:
    """Two at a time under ten requests a minute, which is four seconds here: all are asked all questions."""
    write_plan(folder, {"name": "demo", "args": ["--parallel", "3", *args]}, models)
    with awake_time() as clock, ExitStack() as stack:
        bucket = Bucket(10 / 4, 10, retry_after, clock=clock)
        server = stack.enter_context(provider("openai", lambda _: "```python\npass\n```", script=bucket))
        done = subprocess.run(
            [*BATCH, "2"], cwd=folder, env=environment(server.base_url), capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    assert [run["status"] for run in runs_in(folder)] == ["ok"] * len(models)
    for run in runs_in(folder):
        assert "infrastructure" not in (Path(run["artifacts"]) / "verdicts.jsonl").read_text()
    assert bucket.refused > 0
    return bucket


@pytest.mark.heavy
def test_two_models_use_the_limit_of_their_provider_together(tmp_path: Path) -> None:
    """No question fails, few come too early, and most of what is allowed is used.

    Two that know nothing of each other are refused more often than they are granted something. Nearly all is
    used where the machine is quick enough to ask for it; one that forty other programs use is not.
    """
    twice = ("--samples-per-problem", "2", "--temperature", "1")
    bucket = run_under_limit(tmp_path, MODELS[:2], twice)
    assert bucket.used >= 0.75
    assert bucket.refused < bucket.granted


@pytest.mark.heavy
def test_a_model_may_begin_while_others_use_up_the_limit(tmp_path: Path) -> None:
    """Its first question, the runner's, waits for its turn as all others."""
    run_under_limit(tmp_path, MODELS, ("--limit", "12"))


@pytest.mark.heavy
def test_an_interrupt_ends_all_that_is_under_way(tmp_path: Path) -> None:
    """Each is recorded as interrupted, and the same command does the rest."""
    asked: set[str] = set()
    goes_on = threading.Event()

    def script(turn: Turn) -> bool:
        if turn.body.get("stream") and not goes_on.is_set():
            asked.add(turn.body["model"])
            goes_on.wait(60)
        return False

    write_plan(tmp_path)
    with provider("openai", lambda _: "```python\npass\n```", script=script) as server:
        given: dict[str, Any] = {"cwd": tmp_path, "env": environment(server.base_url), "text": True}
        batch = subprocess.Popen([*BATCH, "2"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, **given)
        wait_until(lambda: len(asked) == 2)
        batch.send_signal(signal.SIGINT)
        _, said = batch.communicate(timeout=60)
        assert batch.returncode == 130, said
        assert [run["status"] for run in runs_in(tmp_path)] == ["interrupted"] * 2
        goes_on.set()
        done = subprocess.run([*BATCH, "3"], capture_output=True, **given)
    assert done.returncode == 0, done.stderr
    assert [run["status"] for run in runs_in(tmp_path)].count("ok") == 3


def test_the_shared_pace_begins_empty_and_ends_with_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a batch that was killed left there does not count; one model after another shares nothing."""
    monkeypatch.delenv(Variable.PACE, raising=False)
    left_behind = cache_folder() / "pace" / "old.json"
    left_behind.parent.mkdir()
    left_behind.write_text("{}")
    with shared_pace(2):
        assert Path(os.environ[Variable.PACE]) == left_behind.parent
        assert list(left_behind.parent.iterdir()) == []
    with shared_pace(1):
        assert Variable.PACE not in os.environ
    left_behind.parent.rmdir()
    left_behind.parent.write_text("a file")
    with (
        pytest.raises(UsageError, match="pace: File exists; name another place with XDG_CACHE_HOME"),
        shared_pace(2),
    ):
        pass


@pytest.mark.parametrize(
    ("settings", "beside"),
    [
        ({"provider": "openai", "base_url": "https://api.openai.com/v1"}, True),
        ({"provider": "openai", "base_url": "http://127.0.0.1:9/v1"}, True),  # a proxy to the same
        ({"base_url": "https://openrouter.ai/api/v1"}, True),
        ({"base_url": "http://another-machine:8000/v1"}, True),
        ({"provider": "vllm", "base_url": "http://another-machine:8000/v1"}, True),
        ({"base_url": "http://localhost:8000/v1"}, False),
        ({"provider": "ollama", "base_url": "http://localhost:11434/v1"}, False),
        ({"provider": "lmstudio", "base_url": "http://127.0.0.1:1234/v1"}, False),
    ],
)
def test_nothing_that_this_machine_serves_is_served_twice(settings: dict[str, Any], beside: bool) -> None:
    assert may_run_beside(replace(RunSettings(server="endpoint"), **settings)) is beside
    assert may_run_beside(RunSettings(model=Path("m.gguf"))) is False
