"""A run from the page to the history, with the program itself, while the page's server dies in between."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from benchkit.dashboard.found_models import found_models
from benchkit.telling.history import open_store
from tests.dashboard.test_command import Dashboard, dashboard
from tests.support import ROOT

RUN_FLAGS = ("--models", str(ROOT / "demo"))


def ask(page: Dashboard, method: str, path: str, body: object = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(page.host, page.port, timeout=60)
    headers = {
        "Cookie": f"bench_runner_{page.port}={page.token}",
        "Origin": f"http://{page.host}:{page.port}",
        "Content-Type": "application/json",
    }
    connection.request(method, f"/api{path}", None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@contextmanager
def look(page: Dashboard, **wish: Any) -> Iterator[ClientConnection]:
    origin: Any = f"http://{page.host}:{page.port}"
    headers = {"Cookie": f"bench_runner_{page.port}={page.token}"}
    with connect(f"ws://{page.host}:{page.port}/live", origin=origin, additional_headers=headers) as socket:
        socket.send(json.dumps(wish))
        yield socket


@pytest.mark.heavy
def test_a_launched_run_goes_on_without_its_page(tmp_path: Path) -> None:
    """Launched, followed, the server killed, another one started: no verdict is lost or told twice."""
    model = next(one.id for one in found_models([ROOT / "demo"]) if one.name == "demo-q2_k")
    choices = {
        "models": [model],
        "benchmarks": ["demo"],
        "server": "xllamacpp",
        "temperature": 0,
        "max_tokens": 1000,
    }
    verdicts: list[str] = []
    offset, run_id = 0, ""
    with dashboard(tmp_path, flags=RUN_FLAGS) as page:
        status, started = ask(page, "POST", "/launch", choices)
        assert status == 201, started
        with look(page, runs=True) as socket:
            while not run_id:
                for message in json.loads(socket.recv(timeout=120)):
                    run_id = next((run["id"] for run in message.get("runs", ())), run_id)
        with look(page, follow={run_id: 0}) as socket:
            while not verdicts:
                offset = note(json.loads(socket.recv(timeout=120)), verdicts, offset)[0]
        page.process.kill()
    over: list[Any] = []
    with dashboard(tmp_path, flags=RUN_FLAGS) as page:
        with look(page, follow={run_id: offset}) as socket:
            while not over:
                offset, over = note(json.loads(socket.recv(timeout=120)), verdicts, offset)
        (launch,) = ask(page, "GET", "/launches")[1]
        assert (launch["id"], launch["state"]) in ((started["id"], "running"), (started["id"], "ended"))
        assert ask(page, "POST", f"/runs/{run_id}/stop")[0] == 409
    assert over == ["ok"]
    run = open_store(tmp_path / "benchmark_results.json").get(run_id)
    assert len(verdicts) == len(set(verdicts)) == run.results.total_problems
    assert Path(run.artifacts or "").is_dir()


def note(messages: list[dict[str, Any]], verdicts: list[str], offset: int) -> tuple[int, list[Any]]:
    """Add the problems that were judged; returns the offset to go on from, and how the run ended."""
    for message in messages:
        verdicts += [event["id"] for event in message.get("events", ()) if event.get("event") == "problem"]
        offset = message.get("offset", offset)
    return offset, [message["status"] for message in messages if "over" in message]
