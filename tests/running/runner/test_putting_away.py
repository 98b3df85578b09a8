"""Ctrl-C while a finished run's server is put away, starts that fail, and what they leave to read."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from benchkit.errors import Interrupted, ServerDied
from benchkit.records import ServerFacts, Status
from benchkit.running.display import PlainDisplay
from benchkit.running.plan import PlannedRun
from benchkit.running.runner import execute
from benchkit.serving.servers import RunningServer, StopReport
from benchkit.serving.servers.process import Process
from benchkit.telling.history import open_store
from tests.running.runner.plans import scored

FACTS = ServerFacts("llama-server", "http://127.0.0.1:1/v1", "demo-f16")


@pytest.fixture
def plan(tmp_path: Path) -> PlannedRun:
    return scored(tmp_path, "mine")


class Idle:
    """A server that is well."""

    api_key = None

    def silent_s(self) -> None:
        return None

    def failure(self) -> None:
        return None


def serving(monkeypatch: pytest.MonkeyPatch, stop: Any) -> None:
    """Let runs have a server that is stopped in this way."""

    @contextmanager
    def serve(*_: object) -> Iterator[RunningServer]:
        server = RunningServer(Idle(), FACTS, Path("server.log"))  # type: ignore[arg-type]  # it only runs
        yield server
        server.stop_report = stop()

    monkeypatch.setattr("benchkit.running.runner.host.serve", serve)


def test_ctrl_c_while_putting_away_loses_no_run(plan: PlannedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is stopped to the end, and the run, which was whole, is recorded as such."""
    stopped = []

    def stop() -> StopReport:
        os.kill(os.getpid(), signal.SIGINT)
        stopped.append("to the end")
        return StopReport(0.1)

    serving(monkeypatch, stop)
    with pytest.raises(Interrupted):
        execute(plan, PlainDisplay(BytesIO(), StringIO()))
    assert stopped == ["to the end"]
    (run,) = open_store(plan.settings.history).runs()
    assert (run.status, run.results.score) == (Status.OK, 50.0)


def test_memory_that_does_not_come_back_is_told(plan: PlannedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """The warnings of a stop reach the person."""
    serving(monkeypatch, lambda: StopReport(0.1, warnings=("900 MB of VRAM did not come back",)))
    lines = StringIO()
    execute(plan, PlainDisplay(BytesIO(), lines))
    assert "warning: 900 MB of VRAM did not come back" in lines.getvalue()


def test_a_start_that_fails_is_not_tried_again(plan: PlannedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart is for a server that ran; one that dies while loading would do so again."""

    @contextmanager
    def serve(*_: object) -> Iterator[RunningServer]:
        raise ServerDied("it ended while loading")
        yield

    monkeypatch.setattr("benchkit.running.runner.host.serve", serve)
    lines = StringIO()
    run = execute(plan, PlainDisplay(BytesIO(), lines))
    assert run.error == "server died: it ended while loading"
    assert run.telemetry.server_restarts == 0
    assert "again" not in lines.getvalue()


def test_a_dead_servers_log_is_kept(tmp_path: Path) -> None:
    """The server that takes its place writes a log of its own."""
    log = tmp_path / "server.log"
    for number in range(3):
        process = Process(["echo", f"server {number}"], log, dict(os.environ))
        assert process.ended_within(120)
        process.stop()
    kept = {path.name: path.read_text() for path in tmp_path.glob("server*.log")}
    assert kept == {"server.log": "server 2\n", "server-1.log": "server 0\n", "server-2.log": "server 1\n"}
