"""A runner that is killed with -9 in a chosen phase of its server's life, and how long anything is left."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from benchkit.errors import ServerError
from benchkit.records import ServerRequest
from benchkit.serving.servers import serve
from benchkit.serving.servers.http import prove_token
from benchkit.serving.servers.llama_server import find_llama_server
from tests.serving.servers.conftest import STAND_IN, model_file, survivors

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PHASES = ("starting", "loading", "ready", "answering", "stopping")
STUBBORN = "daemon ignore-term slow-load=0.5"  # the stand-in at its worst


@dataclass(frozen=True)
class Death:
    """One runner's end: how long its server outlived it, and what was still there after the bearable time."""

    phase: str
    seconds: float
    left: list[list[str]]


def kill_a_runner(phase: str, kind: str, model: Path, supervisor: str, bearable_s: float = 2.0) -> Death:
    """Start a runner, let it come to a phase and a little further, kill it, and count what is left."""
    runner = start_runner(kind, model, supervisor)
    try:
        if phase == "stopping":
            wait_for("answering", runner)
            tell_to_stop(runner)
        if phase != "starting":
            wait_for(phase, runner)
        time.sleep(random.uniform(0, 0.5 if phase == "starting" else 0.1))
    finally:
        runner.kill()
    killed = time.monotonic()
    runner.wait()
    left = survivors(model, within_s=bearable_s)
    return Death(phase, time.monotonic() - killed, left)


def start_runner(kind: str, model: Path, supervisor: str) -> subprocess.Popen[str]:
    environment = {
        "BENCH_RUNNER_SUPERVISOR": supervisor,
        "STAND_IN": STUBBORN,
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(model.parent / "cache"),
    }
    if kind == "llama-server":
        environment["LLAMA_SERVER"] = str(find_llama_server())  # it may lie in the real cache
    return subprocess.Popen(
        [sys.executable, "-m", "tests.serving.servers.deaths", kind, str(model)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(phase: str, runner: subprocess.Popen[str]) -> None:
    assert runner.stdout is not None
    for line in runner.stdout:
        if line.strip() == phase:
            return
    raise AssertionError(f"the runner ended before it was {phase}")


def tell_to_stop(runner: subprocess.Popen[str]) -> None:
    assert runner.stdin is not None
    runner.stdin.write("stop\n")
    runner.stdin.flush()


def be_a_runner(kind: str, model: Path) -> None:
    """Say each phase as it begins; stop when told to."""
    request = ServerRequest(
        kind="llama-server" if kind == "stand-in" else kind,
        name="tiny",
        log=model.with_suffix(".log"),
        model=model_file(model),
        context=256,
        llama_server=STAND_IN if kind == "stand-in" else None,
    )
    threading.Timer(0.1, lambda: _say("loading")).start()
    with serve(request, lambda _: None) as server:
        _say("ready")
        threading.Thread(target=_ask_on_and_on, args=(server.facts.base_url,), daemon=True).start()
        _say("answering")
        sys.stdin.readline()
        _say("stopping")


def _ask_on_and_on(url: str) -> None:
    try:
        while True:
            prove_token(url, "tiny")
    except ServerError:
        return


def _say(phase: str) -> None:
    print(phase, flush=True)


if __name__ == "__main__":
    be_a_runner(sys.argv[1], Path(sys.argv[2]))
