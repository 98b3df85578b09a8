"""What happens before the first question: a server that is busy, silent or endless when it is looked at."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from benchkit.asking.client.client import Client
from benchkit.asking.client.endpoint import Endpoint
from benchkit.asking.client.patience import Patience
from benchkit.asking.script import Prompt, Question, Sampling
from benchkit.errors import EndpointError, UsageError
from tests.stand_ins.chat_server import SERVED, ChatServer, Get, Turn, chat_server

QUICK = Patience(retries=6, first_pause_s=0.01)
QUESTION = Question("T/0", 0, Prompt("1 + 1 ="))


def good(turn: Turn) -> None:
    turn.answer("2")


@contextmanager
def looked_at(get: Get) -> Iterator[ChatServer]:
    with chat_server(good) as server:
        server.get = get
        yield server


def busy_at_first(times: int, status: int, **headers: str) -> Get:
    """Each path is refused so many times, as by a proxy that is starting."""
    seen: Counter[str] = Counter()

    def get(turn: Turn, path: str) -> bool:
        seen[path] += 1
        if seen[path] > times or path == "/health":
            return False
        turn.error(status, "not yet", **headers)
        return True

    return get


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_is_busy_at_first_is_asked_again(status: int) -> None:
    """The only model's name is learnt after as many refusals as --retries allows."""
    with looked_at(busy_at_first(6, status)) as server:
        assert Endpoint(server.base_url, patience=QUICK).model(None) == "stand-in"


def test_a_pause_that_the_server_wishes_is_kept_and_told() -> None:
    """A Retry-After at the first look is waited for, and the person learns why nothing happens."""
    told: list[str] = []
    begun = time.monotonic()
    with looked_at(busy_at_first(1, 429, Retry_After="3")) as server:
        assert Endpoint(server.base_url, patience=QUICK, say=told.append).model(None) == "stand-in"
    assert time.monotonic() - begun >= 2.9
    assert told == ["the server answers 429 (not yet); asking again in 3 s"]


def test_a_server_that_stays_broken_is_named_with_its_words() -> None:
    """Not the missing flag is the cause, but what the server says."""
    with (
        looked_at(busy_at_first(99, 500)) as server,
        pytest.raises(EndpointError, match=r"/models does not tell it: the server answers 500 \(not yet\)"),
    ):
        Endpoint(server.base_url, patience=Patience(retries=1, first_pause_s=0.01)).model(None)


def test_a_list_of_models_that_needs_a_key_asks_for_one() -> None:
    """A refusal at the list of models has its own next step."""

    def get(turn: Turn, _path: str) -> bool:
        turn.error(401, "who are you?")
        return True

    with looked_at(get) as server, pytest.raises(EndpointError, match="OPENAI_API_KEY"):
        Endpoint(server.base_url, patience=QUICK).model(None)


def test_what_a_server_need_not_have_is_not_waited_for_long() -> None:
    """A server that answers 500 at /props and /slots tells no slots, and is asked a few times only."""
    seen: Counter[str] = Counter()

    def get(turn: Turn, path: str) -> bool:
        seen[path] += 1
        turn.error(500, "no such thing")
        return True

    with looked_at(get) as server:
        number, _ = Endpoint(server.base_url, patience=QUICK).slots()
    assert number == 1
    assert seen == {"/props": 3, "/slots": 3}


@pytest.mark.parametrize("pause_s", [0.0, 0.05], ids=["fast", "slow"])
def test_an_endless_list_of_models_is_not_read_to_its_end(
    pause_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a list of gigabytes nor one that drips is waited for."""
    monkeypatch.setattr("benchkit.asking.client.endpoint.QUICK_S", 3.0 if pause_s else 60.0)
    turns: list[Turn] = []

    def get(turn: Turn, _path: str) -> bool:
        turns.append(turn)
        turn.endless(200, pause_s)
        return True

    begun = time.monotonic()
    with looked_at(get) as server, pytest.raises(EndpointError, match="longer than"):
        Endpoint(server.base_url, patience=QUICK).model(None)
    assert time.monotonic() - begun < 20
    assert sum(turn.sent for turn in turns) < 64 << 20


@pytest.mark.parametrize("pause_s", [0.0, 0.05], ids=["fast", "slow"])
def test_an_endless_error_is_not_read_to_its_end(pause_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first kilobytes of an error say enough."""
    monkeypatch.setattr("benchkit.asking.client.bodies.ERROR_WITHIN_S", 1.0)
    turns: list[Turn] = []

    def do(turn: Turn) -> None:
        turns.append(turn)
        turn.endless(400, pause_s)

    begun = time.monotonic()
    with chat_server(do) as server:
        client = Client(Endpoint(server.base_url), "m", Sampling(), QUICK)
        answer = client.ask(QUESTION, Event())
    assert answer.failure == "the server answers 400 (no words)"
    assert time.monotonic() - begun < 20
    assert sum(turn.sent for turn in turns) < 64 << 20


def test_a_silent_error_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error whose body never comes ends after a while, however long answers may take."""
    monkeypatch.setattr("benchkit.asking.client.bodies.ERROR_WITHIN_S", 0.3)
    hung_up = Event()

    def do(turn: Turn) -> None:
        turn.silence(400, hung_up)

    begun = time.monotonic()
    with chat_server(do) as server:
        client = Client(Endpoint(server.base_url), "m", Sampling(), Patience(retries=0, stall_s=50))
        assert client.ask(QUESTION, Event()).failure == "the server answers 400 (no words)"
    assert time.monotonic() - begun < 20
    hung_up.set()


def test_a_login_in_the_address_is_sent_and_not_shown() -> None:
    """`user:password@` becomes a Basic header, before any key; no message repeats it."""
    with chat_server(good) as server:
        url = server.base_url.replace("://", "://me:p%40ss@")
        endpoint = Endpoint(url, "sk-key")
        assert endpoint.base_url == server.base_url
        assert endpoint.model(None) == "stand-in"
        Client(endpoint, "m", Sampling(), QUICK).ask(QUESTION, Event())
        assert set(server.authorizations) == {"Basic bWU6cEBzcw=="}
        assert "p%40ss" not in str(endpoint.identity("other"))
    with pytest.raises(UsageError) as caught:
        Endpoint("ftp://me:secret@example.org/v1")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://other.example/v1/chat/completions", "use --base-url https://other.example/v1"),
        ("/v2/completions", "/v2"),
        (None, "does not say where to"),
    ],
)
def test_a_redirect_names_its_target(location: str | None, told: str) -> None:
    """It is not followed: the prompt and the key are meant for the address that was given."""
    headers = {"Location": location} if location else {}
    with (
        chat_server(lambda turn: turn.status(307, "", **headers)) as server,
        pytest.raises(EndpointError, match=f"{told}$|{told}: check --base-url$"),
    ):
        Client(Endpoint(server.base_url), "m", Sampling(), QUICK).ask(QUESTION, Event())


def test_the_list_of_models_is_asked_once() -> None:
    """Name and identity come from the same list."""
    seen: Counter[str] = Counter()

    def get(turn: Turn, path: str) -> bool:
        seen[path] += 1
        turn.status(200, SERVED)
        return True

    with looked_at(get) as server:
        endpoint = Endpoint(server.base_url)
        endpoint.identity(endpoint.model(None))
    assert seen == {"/v1/models": 1}
