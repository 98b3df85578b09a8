"""Proofs over HTTP, against a socket that answers whatever a test wants."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from benchkit.errors import AccountEmpty, ServerBusy, ServerDied, ServerError, ServerHangs, WrongModel
from benchkit.serving.servers.http import HttpReply, ask, models, prove_model, prove_token
from tests.stand_ins.chat_server import Turn, chat_server

Serve = Callable[..., str]


@pytest.fixture
def answering() -> Iterator[Serve]:
    """Serves these bytes to each connection and gives the base URL; keeps what it was sent in `requests`."""
    servers: list[tuple[socket.socket, threading.Thread]] = []

    def serve(answer: bytes, requests: list[bytes] | None = None) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=_answer, args=(server, answer, requests), daemon=True)
        servers.append((server, thread))
        thread.start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/v1"

    yield serve
    for server, thread in servers:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)  # else its thread would answer at a later test's descriptor
        thread.join()
        server.close()


def _answer(server: socket.socket, answer: bytes, requests: list[bytes] | None) -> None:
    try:
        while True:
            connection, _ = server.accept()
            with connection:
                received = connection.recv(65536)
                if requests is not None:
                    requests.append(received)
                connection.sendall(answer)
    except OSError:
        return


def said(body: object, status: int = 200) -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(data), data)


@pytest.mark.parametrize(
    "message",
    [
        {"content": "a"},
        {"content": "", "reasoning_content": "hm"},
        {"content": None, "tool_calls": [{"id": "1"}]},
    ],
)
def test_a_token_of_any_kind_is_proof(answering: Serve, message: dict[str, object]) -> None:
    """Text, reasoning or a call of a tool."""
    prove_token(answering(said({"choices": [{"message": message}]})), "m")


def test_a_counted_token_is_proof(answering: Serve) -> None:
    """A token whose text is empty still counts."""
    reply = {"choices": [{"message": {"content": ""}}], "usage": {"completion_tokens": 1}}
    prove_token(answering(said(reply)), "m")


@pytest.mark.parametrize(
    "reply", [{}, [], {"choices": []}, {"choices": [{"message": {"content": ""}}], "usage": None}]
)
def test_an_answer_without_a_token_is_none(answering: Serve, reply: object) -> None:
    """200 alone proves nothing."""
    with pytest.raises(ServerError, match="without a single token"):
        prove_token(answering(said(reply)), "m")


@pytest.mark.parametrize(
    "usage", [[1, 2], "many", 7, {"completion_tokens": "many"}, {"completion_tokens": [1]}]
)
def test_usage_of_nonsense_is_no_obstacle(answering: Serve, usage: object) -> None:
    """Where the text is there, what else the reply holds is no matter."""
    choice = {"message": {"content": "a"}}
    prove_token(answering(said({"choices": [choice], "usage": usage})), "m")
    with pytest.raises(ServerError, match="without a single token"):
        prove_token(answering(said({"choices": "none", "usage": usage})), "m")
    with pytest.raises(ServerError, match="without a single token"):
        prove_token(answering(said({"choices": [5], "usage": usage})), "m")


@pytest.mark.parametrize(
    ("reply", "error", "told"),
    [
        (
            b'data: {"error": {"code": 502, "message": "no provider"}}\n\ndata: [DONE]\n',
            ServerBusy,
            "502): no provider",
        ),
        (b'event: error\ndata: {"error": {"code": 400, "message": "bad"}}\n\n', ServerError, "400): bad"),
        (b'error: {"code": 500, "message": "slot died"}\n\n', ServerBusy, "500): slot died"),
        (
            b'{"error": {"code": "insufficient_quota", "message": "empty"}}',
            AccountEmpty,
            "429): empty; see to",
        ),
        (b'{"detail": "nobody"}', ServerBusy, "500): nobody"),
    ],
)
def test_an_error_with_status_200_is_quoted(
    answering: Serve, reply: bytes, error: type[ServerError], told: str
) -> None:
    """In its words and not as JSON, also where a stream came though none was asked for."""
    with pytest.raises(ServerError, match=re.escape(f"answers with an error ({told}")) as raised:
        prove_token(answering(said(reply)), "m")
    assert type(raised.value) is error


def test_a_stream_that_nobody_asked_for_is_proof(answering: Serve) -> None:
    """Some servers stream whatever is asked."""
    prove_token(answering(said(b'data: {"choices": [{"delta": {"content": "a"}}]}\n\ndata: [DONE]\n')), "m")


def test_a_refusal_is_quoted(answering: Serve) -> None:
    """The server's own message, in one line."""
    refusal = {"error": {"message": "template\n  failed", "code": 500}}
    with pytest.raises(ServerError, match=r"refuses to answer \(500\): template failed"):
        prove_token(answering(said(refusal, 500)), "m")


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{", b"nonsense\r\n\r\n"]
)
def test_a_broken_answer_is_a_death(answering: Serve, answer: bytes) -> None:
    """Cut off, or no HTTP at all."""
    with pytest.raises(ServerDied, match="cannot be reached"):
        prove_token(answering(answer), "m")


def test_a_broken_error_is_a_death_too(answering: Serve) -> None:
    """A 503 whose body never comes."""
    with pytest.raises(ServerDied):
        prove_token(answering(b"HTTP/1.1 503 X\r\nContent-Length: 99\r\n\r\n"), "m")


def test_silence_is_a_hang() -> None:
    """A connection that is taken and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ServerHangs, match=r"within 0.2 s"):
        prove_token(f"http://127.0.0.1:{silent.getsockname()[1]}/v1", "m", timeout=0.2)


@pytest.mark.parametrize("listing", [{"data": [{"id": "other"}]}, {"data": None}, {}, [], "x"])
def test_another_model(answering: Serve, listing: object) -> None:
    """What is not listed is not served."""
    with pytest.raises(WrongModel, match="not m"):
        prove_model(answering(said(listing)), "m")


def test_the_right_model(answering: Serve) -> None:
    """One name among others is enough."""
    url = answering(said({"data": [{"id": "other"}, {"id": "m"}]}))
    assert models(url) == ("other", "m")
    prove_model(url, "m")


def test_the_key_is_sent_and_proxies_are_not_asked(answering: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a server on this machine no proxy is used, whatever the environment says."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    requests: list[bytes] = []
    assert ask(answering(said({}), requests), key="sk-1").ok
    assert b"Authorization: Bearer sk-1" in requests[0]


def test_the_text_of_an_error_that_is_no_json() -> None:
    """The body itself, shortened to a line."""
    assert HttpReply(502, b"<html>\n bad   gateway").message() == "<html> bad gateway"
    assert HttpReply(401, b'{"error": "no key"}').message() == "no key"
    assert HttpReply(500, b"[" * 100_000).message().startswith("[[[")


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("pause_s", [0.0, 0.05], ids=["fast", "slow"])
def test_a_body_without_an_end_is_given_up(status: int, pause_s: float) -> None:
    """Neither gigabytes nor a drip are read to their end, be it an answer or an error."""
    turns: list[Turn] = []

    def get(turn: Turn, _path: str) -> bool:
        turns.append(turn)
        turn.endless(status, pause_s)
        return True

    with chat_server(lambda _turn: None) as server:
        server.get = get
        begun = time.monotonic()
        with pytest.raises(TimeoutError if pause_s else ConnectionError):
            ask(f"{server.base_url}/models", timeout=2.0 if pause_s else 60.0)
    assert time.monotonic() - begun < 20
    assert sum(turn.sent for turn in turns) < 64 << 20
