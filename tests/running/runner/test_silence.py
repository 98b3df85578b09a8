"""A server that stops computing is told while it lasts, given up, and its time is in the record."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import psutil
import pytest

from benchkit.records import Progress
from benchkit.running.display import PlainDisplay, progress_text
from benchkit.running.live.pace import ScriptPace
from benchkit.running.plan import plan_run
from benchkit.running.runner import execute, watch
from benchkit.running.runner.watch import Silence
from benchkit.serving.servers import llama_server, process, watchdog
from benchkit.serving.servers.watchdog import HangLimits
from benchkit.settings import RunSettings
from tests.running.runner.plans import scored
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import wait_until

ASKS = """
import os, pathlib, urllib.request
def ask():
    address = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    body = b'{"messages": [{"role": "user", "content": "a"}], "max_tokens": 8}'
    return urllib.request.urlopen(urllib.request.Request(address, body)).read()
ask()
started = pathlib.Path(os.environ["BENCH_OUTPUT_DIR"], "started")
if not started.exists():
    started.touch()
    go_on = started.with_name("go_on")
    while not go_on.exists():
        pass
    ask()
print("score 50.0")
"""


def command_of(process: psutil.Process) -> str:
    """Empty for one that has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def test_a_stopped_server_costs_a_minute_and_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGSTOP: `no token for N s` is shown, the server is started anew, and the record tells what it cost."""
    hasty = HangLimits(every_s=0.1, quiet_s=0.3, probe_s=1200, still_s=1.0, still_share=0.01)
    monkeypatch.setattr(llama_server, "ON_CPU_LIMITS", hasty)
    monkeypatch.setattr(llama_server, "METRICS_S", 0.3)
    monkeypatch.setattr(process, "TERM_GRACE_S", 0.3)
    monkeypatch.setattr(watch, "SILENT_FROM_S", 0.5)
    monkeypatch.setattr(watchdog, "OVERSLEPT_S", 0.2)  # of a stillness of 1 s, not of a minute
    plan = scored(tmp_path, "mine")
    (tmp_path / "bench.py").write_text(ASKS)
    plan = replace(plan, settings=replace(plan.settings, server="xllamacpp"))

    def stop_the_server() -> None:
        wait_until((plan.folder / "started").exists)
        for child in psutil.Process().children(recursive=True):
            words = command_of(child)
            if "xllamacpp_child.py" in words and "supervisor.py" not in words:
                os.kill(child.pid, signal.SIGSTOP)
        (plan.folder / "go_on").touch()

    stopping = threading.Thread(target=stop_the_server)
    stopping.start()
    lines = StringIO()
    run = execute(plan, PlainDisplay(BytesIO(), lines))
    stopping.join()
    assert (run.status, run.results.score) == ("ok", 50.0)
    assert "no token for" in lines.getvalue()
    assert "starting the server again" in lines.getvalue()
    assert run.telemetry.server_restarts == 1
    assert run.telemetry.server_silent_s is not None
    assert run.telemetry.server_silent_s > 1.0


@pytest.mark.heavy
def test_a_silent_endpoint_is_told_while_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server tells nothing of its work, the script that waits does; the record has what it cost."""
    monkeypatch.setattr(watch, "SILENT_FROM_S", 1.0)
    lines = StringIO()

    def stall(turn: Turn) -> None:
        if not turn.body.get("stream"):
            return turn.answer("yes")
        turn.begin()
        turn.delta("no")
        wait_until(lambda: "no token for" in lines.getvalue())
        turn.delta(" code", finish="stop")
        return turn.end()

    with chat_server(stall) as server:
        settings = RunSettings(
            benchmark="demo",
            base_url=server.base_url,
            name="stand-in",
            script_args=("--limit", "1"),
            history=tmp_path / "history.json",
            runs_dir=tmp_path / "runs",
        )
        run = execute(plan_run(settings), PlainDisplay(BytesIO(), lines))
    assert run.status == "ok"
    assert run.telemetry.server_silent_s is not None
    assert run.telemetry.server_silent_s >= 1.0


def test_the_spells_of_silence_add_up() -> None:
    """Each counts from the length on that is worth a word; what is not known stays so."""
    silence = Silence()
    assert silence.note(None) is None
    assert silence.lost_s is None
    told = [silence.note(seconds) for seconds in (0.0, 5.0, 19.0, 2.0, 20.0, 45.0, 1.0, 30.0)]
    assert told == [None, None, None, None, 20.0, 45.0, None, 30.0]
    assert silence.lost_s == 75.0


def test_a_spell_that_is_told_only_while_it_lasts_counts_once() -> None:
    """Servers without counters tell nothing between two spells: the second adds to the first."""
    silence = Silence()
    told = [silence.note(seconds) for seconds in (None, 30.0, 40.0, None, None, 50.0, None)]
    assert told == [None, 30.0, 40.0, None, None, 50.0, None]
    assert silence.lost_s == 90.0


def test_no_time_left_is_told_while_a_server_is_silent() -> None:
    """The screen tells the silence, and neither speed nor ETA."""
    clock = iter([0.0, 0.5, 100.0, 200.0])
    pace = ScriptPace(lambda: next(clock))
    pace.snapshot(Progress(0, 10), None)
    before = progress_text(pace.snapshot(Progress(5, 10, tokens_per_second=9.0), None))
    now = progress_text(pace.snapshot(Progress(5, 10, tokens_per_second=9.0), None, 45.2))
    assert "left" in before
    assert now == "5/10 · no token for 45 s"
