"""What the client finds out about an address before it asks."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from benchkit.asking.client.endpoint import Endpoint
from benchkit.errors import EndpointError, UsageError
from tests.stand_ins.chat_server import Turn, chat_server


def good(turn: Turn) -> None:
    turn.answer("yes")


def test_the_servers_slots_are_used() -> None:
    """llama.cpp's /props tells how many requests it works on at once."""
    with chat_server(good, slots=3) as server:
        assert Endpoint(server.base_url).slots() == (3, "the server's slots")


def test_a_local_server_without_slots_gets_one_request() -> None:
    """Where the server does not tell, this machine's is asked one by one, and the reason is said."""
    with chat_server(good, slots=None) as server:
        number, because = Endpoint(server.base_url).slots()
    assert number == 1
    assert "--parallel" in because


def test_the_only_model_needs_no_name() -> None:
    """The one model that is served is asked; a name that was given is never questioned."""
    with chat_server(good) as server:
        assert Endpoint(server.base_url).model(None) == "stand-in"
        assert Endpoint(server.base_url).model("mine") == "mine"


def test_a_model_is_known_by_more_than_its_name() -> None:
    """What the server says of a model goes into the journal's key."""
    with chat_server(good) as server:
        identity = Endpoint(server.base_url).identity("stand-in")
    assert identity == {"name": "stand-in", "url": None, "n_params": 7, "size": 7, "n_vocab": 7, "n_embd": 7}


def test_nobody_there_is_said_at_once() -> None:
    """A closed port is one line that names the address."""
    with chat_server(good) as server:
        url = server.base_url
    with pytest.raises(EndpointError, match=f"nobody answers at {url}: is the server running"):
        Endpoint(url).slots()


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8080/v1", "", "ftp://x/v1", "http://", "http://[::1", "http://127.0.0.1:99999/v1"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """What is no http address is a mistake of the command line."""
    with pytest.raises(UsageError, match="--base-url"):
        Endpoint(url)


def test_the_key_is_sent_and_netrc_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that was given is sent, even where ~/.netrc has something else for that host."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    seen = []
    with chat_server(good, key="sesame") as server:
        session = Endpoint(server.base_url, "sesame").session
        session.trust_env = True
        reply = session.post(
            f"{server.base_url}/chat/completions", json={"messages": [{"role": "user", "content": ""}]}
        )
        seen.append(reply.status_code)
    assert seen == [200]


def test_a_loading_server_is_waited_for() -> None:
    """The person is told once that the model is still being loaded."""
    told: list[str] = []
    with chat_server(good) as server:
        server.loading = 2
        Endpoint(server.base_url, say=told.append).wait_until_loaded()
        assert server.loading == 0
    assert told == ["the server is still loading its model; waiting"]


def test_a_server_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that takes connections and never speaks is named after a while."""
    monkeypatch.setattr("benchkit.asking.client.endpoint.QUICK_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        with pytest.raises(EndpointError, match="nobody answers"):
            Endpoint(url).slots()
