"""One more row of the table is one more provider, from a model's name to its answer."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.asking.client.client import Client
from benchkit.asking.client.endpoint import Endpoint
from benchkit.asking.script import Prompt, Question, Sampling
from benchkit.providers import PROVIDERS, Provider
from benchkit.providers.keys import key_of
from benchkit.providers.names import find_remote_model
from benchkit.records import ServerRequest
from benchkit.running.plan import plan_run
from benchkit.serving.servers import serve
from benchkit.settings import RunSettings
from tests.stand_ins.chat_server import Turn, chat_server

QUESTION = Question("T/0", 0, Prompt(({"role": "user", "content": "Add two numbers."},)))


def test_a_row_makes_a_provider(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its name, its key, its address, its parameters: for the runner and for the scripts."""
    bodies = []

    def do(turn: Turn) -> None:
        bodies.append(turn.body)
        if turn.body.get("stream"):
            turn.answer("a + b")
        else:
            turn.status(200, {"choices": [{"message": {"content": "a"}}]})

    monkeypatch.setenv("NEWCOMER_API_KEY", "a-key")
    with chat_server(do, key="a-key") as server:
        row = Provider(
            name="newcomer",
            title="Newcomer",
            base_url=server.base_url,
            key_variable="NEWCOMER_API_KEY",
            documentation="https://newcomer.example/docs",
            renamed={"max_tokens": "budget"},
        )
        monkeypatch.setitem(PROVIDERS, "newcomer", row)
        plan = plan_run(RunSettings(model=Path("newcomer/stand-in"), benchmark="demo"))
        assert (plan.name, plan.settings.base_url) == ("newcomer/stand-in", server.base_url)
        request = ServerRequest("endpoint", "stand-in", tmp_path / "log", base_url=server.base_url)
        with serve(replace(request, provider="newcomer"), lambda _: None) as runner:
            assert runner.facts.further["provider"] == "newcomer"
        remote = find_remote_model("newcomer/stand-in")
        assert remote is not None
        endpoint = Endpoint(remote.base_url, key_of(remote), provider=remote.provider)
        answer = Client(endpoint, remote.model, Sampling(), endpoint._patience).ask(
            QUESTION, threading.Event()
        )
    assert answer.response == "a + b"
    assert [body["budget"] for body in bodies] == [1, 1000]
