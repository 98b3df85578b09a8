"""An address that somebody else serves: proved, described, never touched; each refusal is one clear line."""

import gzip
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchkit.contract import Variable
from benchkit.errors import ServerDied, ServerError, ServerHangs, UsageError, WrongModel
from benchkit.providers.limiter import Limiter, find_shared_pace
from benchkit.records import ServerFacts, ServerRequest
from benchkit.serving.gguf import read_model_file
from benchkit.serving.servers import endpoint, running, serve
from benchkit.serving.servers.endpoint import Endpoint, find_key, normalized
from benchkit.serving.servers.ports import free_port
from tests.serving.servers.tiny_gguf import write_tiny_gguf
from tests.stand_ins.chat_server import Turn, chat_server

Routes = dict[str, Any]  # path: what is answered as JSON, or (status, body)
TOKEN = {"choices": [{"message": {"content": "hi"}}], "usage": {"completion_tokens": 1}}
WHOLE: Routes = {
    "/v1/models": {"data": [{"id": "m", "object": "model", "owned_by": "somebody"}]},
    "/v1/chat/completions": TOKEN,
}


class Quiet(BaseHTTPRequestHandler):
    """Tells nothing of its requests on the terminal."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _listening(handler: type[Quiet]) -> Iterator[str]:
    """A server whose requests this class answers; the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _served(routes: Routes, key: str | None = None) -> Iterator[str]:
    """An HTTP server that answers what it is told to; the base URL."""

    class Handler(Quiet):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if key and self.headers.get("Authorization") != f"Bearer {key}":
                return self._reply(401, json.dumps({"error": {"message": "no such key"}}))
            found = routes.get(self.path, (404, "not found"))
            status, body = found if isinstance(found, tuple) else (200, json.dumps(found))
            return self._reply(status, body)

        do_POST = do_GET

        def _reply(self, status: int, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

    with _listening(Handler) as base_url:
        yield base_url


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the person's key nor the person's .env; what a test puts there is gone after it."""
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.chdir(tmp_path)


def _request(tmp_path: Path, base_url: str | None, name: str = "m") -> ServerRequest:
    return ServerRequest(kind="endpoint", name=name, log=tmp_path / "log", base_url=base_url)


def _facts(tmp_path: Path, base_url: str, name: str = "m") -> ServerFacts:
    with serve(_request(tmp_path, base_url, name), lambda _: None) as server:
        assert server.failure() is None
        return server.facts


Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "FIRST_PAUSE_S", 0.01)


@contextmanager
def _scripted(*replies: Reply) -> Iterator[str]:
    """A server that gives these replies to questions in turn, the last one for ever; the base URL."""
    left = list(replies)

    class Handler(Quiet):
        def do_GET(self) -> None:
            self._reply(200, {}, json.dumps(WHOLE["/v1/models"]).encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(*(left.pop(0) if len(left) > 1 else left[0]))

        def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    with _listening(Handler) as base_url:
        yield base_url


GOOD: Reply = (200, {}, json.dumps(TOKEN).encode())


@pytest.mark.parametrize("busy", [(429, {"retry-after": "0.1"}, b"slow down"), (500, {}, b"oops")])
def test_a_busy_server_is_asked_again_before_the_run(busy: Reply, tmp_path: Path) -> None:
    """A 429 or a 500 at the first probe is told and outlasted."""
    said: list[str] = []
    with _scripted(busy, busy, GOOD) as url, serve(_request(tmp_path, url), said.append) as server:
        assert server.facts.model == "m"
    assert sum(f"({busy[0]})" in line and "asking again in 0 s" in line for line in said) == 2


def test_a_server_that_stays_busy_is_not_blamed_on_name_or_key(tmp_path: Path) -> None:
    """The next step is to wait; a pause of a day is not waited for."""
    replies: list[Reply] = [
        (500, {}, b"oops"),
        (429, {"Retry-After": "86400"}, b"quota"),
    ]
    for reply in replies:
        with _scripted(reply) as url, pytest.raises(ServerError) as caught:
            _facts(tmp_path, url)
        assert "try again later" in str(caught.value)
        assert "--name" not in str(caught.value)


def test_a_redirect_names_its_target(tmp_path: Path) -> None:
    """Without a login that stands in it."""
    there = "https://me:secret@elsewhere.example/api/v1/chat/completions"
    with _scripted((307, {"Location": there}, b"")) as url, pytest.raises(ServerError) as caught:
        _facts(tmp_path, url)
    assert "redirects with 307: where that is right, use --base-url https://elsewhere.example/api/v1" in str(
        caught.value
    )
    assert "secret" not in str(caught.value)


def test_an_answer_that_came_compressed_unasked_is_read(tmp_path: Path) -> None:
    """As the script reads it; one that unpacks to too much is refused."""
    packed = gzip.compress(json.dumps(TOKEN).encode())
    with _scripted((200, {"content-encoding": "gzip"}, packed)) as url:
        assert _facts(tmp_path, url).model == "m"
    bomb = gzip.compress(bytes(32 << 20))
    with (
        _scripted((200, {"Content-Encoding": "gzip"}, bomb)) as url,
        pytest.raises(ServerDied, match="more than 16 MB"),
    ):
        _facts(tmp_path, url)


def test_a_real_server_of_somebody_else(tmp_path: Path) -> None:
    """A llama.cpp server that runs already is described by its own words, and left running."""
    model = read_model_file(write_tiny_gguf(tmp_path / "m.gguf"))
    request = ServerRequest(
        kind="xllamacpp", name="theirs", log=tmp_path / "theirs.log", model=model, context=512, parallel=2
    )
    with serve(request, lambda _: None) as theirs:
        facts = _facts(tmp_path, theirs.facts.base_url, "theirs")
        assert (facts.context_per_slot, facts.slots, facts.kind) == (512, 2, "endpoint")
        assert facts.version
        assert set(facts.pids) <= set(theirs.facts.pids)
        assert facts.pids
        assert theirs.failure() is None


def test_vllm_facts(tmp_path: Path) -> None:
    """vLLM's version and context are read where it tells them."""
    entry = {"id": "m", "owned_by": "vllm", "root": "Qwen/Qwen2.5", "max_model_len": 32768}
    with _served(WHOLE | {"/v1/models": {"data": [entry]}, "/version": {"version": "0.11.0"}}) as url:
        facts = _facts(tmp_path, url)
    assert (facts.version, facts.context_per_slot, facts.slots) == ("0.11.0", 32768, None)
    assert facts.further == {"owned_by": "vllm", "root": "Qwen/Qwen2.5"}


def test_openrouter_facts(tmp_path: Path) -> None:
    """OpenRouter's context and prices are kept; a variant that it does not list is its model's."""
    entry = {"id": "qwen/qwen3", "context_length": 131072, "pricing": {"prompt": "0.1"}}
    with _served(WHOLE | {"/v1/models": {"data": [entry]}}) as url:
        with pytest.raises(WrongModel):
            _facts(tmp_path, url, "qwen/qwen3:nitro")
        request = replace(_request(tmp_path, url, "qwen/qwen3:nitro"), provider="openrouter")
        with serve(request, lambda _: None) as server:
            facts = server.facts
    assert facts.context_per_slot == 131072
    assert facts.further["pricing"] == {"prompt": "0.1"}


def test_the_key_from_dotenv_reaches_server_and_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key in .env opens the server, and is told for the script; our own environment stays as it is."""
    (tmp_path / ".env").write_text('OTHER=1\nexport OPENAI_API_KEY="sk-1"\n')
    monkeypatch.setenv("OPENAI_API_KEY", "")
    with _served(WHOLE, key="sk-1") as url:
        asked = ServerRequest("endpoint", "m", tmp_path / "log", base_url=url)
        with serve(asked, print) as server:
            assert server.api_key == "sk-1"
    assert os.environ["OPENAI_API_KEY"] == ""


def test_the_environment_goes_before_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment wins; without either there is none."""
    assert find_key() is None
    (tmp_path / ".env").write_text("OPENAI_API_KEY=from-file\n")
    assert find_key() == "from-file"
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    assert find_key() == "from-environment"


@pytest.mark.parametrize(
    "line",
    [
        "OPENAI_API_KEY=sk-1",
        "\ufeffOPENAI_API_KEY=sk-1\r",
        "  OPENAI_API_KEY = 'sk-1'  ",
        "export\tOPENAI_API_KEY=sk-1 # mine",
        'export OPENAI_API_KEY="sk-1" # mine',
        "# OPENAI_API_KEY=other\nOPENAI_API_KEY_2=other\nOPENAI_API_KEY=\nOPENAI_API_KEY=sk-1",
    ],
)
def test_forms_of_dotenv(line: str, tmp_path: Path) -> None:
    """Quotes, export, comments, spaces and a byte order mark are no part of the key."""
    (tmp_path / ".env").write_text(f"{line}\n", encoding="utf-8")
    assert find_key() == "sk-1"


@pytest.mark.parametrize(
    ("routes", "key", "error", "said"),
    [
        (WHOLE, "sk-1", ServerError, r"wants a key: set OPENAI_API_KEY, or write it into \.env \(401"),
        (WHOLE | {"/v1/models": (200, "<html>hello</html>")}, None, ServerError, "web page.*ends in /v1"),
        (WHOLE | {"/v1/models": (200, '"hello"')}, None, ServerError, "no list of models"),
        (WHOLE | {"/v1/models": (500, "<html>oops</html>")}, None, ServerError, "answers 500: <html>oops"),
        ({}, None, ServerError, r"refuses to answer \(404\): not found; the address .* ends in /v1"),
        (
            WHOLE | {"/v1/chat/completions": (429, '{"error": {"message": "slow down"}}')},
            None,
            ServerError,
            r"refuses to answer \(429\): slow down; it stayed so: try again later",
        ),
        (WHOLE | {"/v1/chat/completions": {"choices": []}}, None, ServerError, "without a single token"),
        (WHOLE | {"/v1/models": {"data": []}}, None, WrongModel, "has no model m: it has none"),
        (
            WHOLE | {"/v1/models": {"data": [{"id": "mm"}]}},
            None,
            WrongModel,
            "has mm; give one of these names",
        ),
    ],
)
def test_refusals(
    tmp_path: Path, routes: Routes, key: str | None, error: type[ServerError], said: str
) -> None:
    """Each way of not working is one line that names the address and the next step."""
    with _served(routes, key) as url, pytest.raises(error, match=said) as caught:
        _facts(tmp_path, url)
    assert url in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is refused is told from one that is missing."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    with _served(WHOLE, key="sk-1") as url, pytest.raises(ServerError, match=r"refuses the key.*no such key"):
        _facts(tmp_path, url)


def test_a_server_without_a_list_of_models(tmp_path: Path) -> None:
    """Where /models is not there, the token that comes back is proof enough."""
    with _served({"/v1/chat/completions": TOKEN}) as url:
        assert _facts(tmp_path, url, "any").model == "any"


def test_nobody_there_and_nobody_answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port and a server that never answers each say so."""
    with pytest.raises(ServerError, match=r"cannot be reached.*is it running there\?"):
        _facts(tmp_path, f"http://127.0.0.1:{free_port()}/v1")
    monkeypatch.setattr(endpoint, "ANSWER_S", 0.2)
    silent = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # listens, and accepts nothing
    with pytest.raises(ServerError, match=r"did not answer within 0\.2 s"):
        _facts(tmp_path, f"http://127.0.0.1:{silent.server_port}/v1")
    silent.server_close()
    assert issubclass(ServerHangs, ServerError)


def test_a_local_server_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local address that refuses connections while it is in use is a death."""
    monkeypatch.setattr(running, "LOOKS_EVERY_S", 0.0)
    with _served(WHOLE) as url:
        server = Endpoint(_request(tmp_path, url), lambda _: None)
        server.start()
        server.ready()
        assert server.failure() is None
    assert isinstance(server.failure(), ServerDied)
    assert server.stop() is False


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1"),
        ("http://localhost:8000/", "http://localhost:8000/v1"),
        ("https://openrouter.ai/api/v1/", "https://openrouter.ai/api/v1"),
        ("http://x/v1/chat/completions", "http://x/v1"),
    ],
)
def test_addresses_as_people_give_them(given: str, used: str) -> None:
    """A bare host means its /v1; what lies behind the API's address is cut off."""
    assert normalized(given) == used


@pytest.mark.parametrize(
    "given",
    [None, "", "localhost:8000", "ftp://x/v1", "http://", "http://[::1", "http://x:abc", "http://x:99999"],
)
def test_what_is_no_address(tmp_path: Path, given: str | None) -> None:
    """A missing or senseless address is told before anything is asked."""
    with pytest.raises(UsageError, match="--base-url"):
        Endpoint(_request(tmp_path, given), lambda _: None)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (
            402,
            {"error": {"message": "Insufficient credits"}},
            "Insufficient credits; see to the account there",
        ),
        (
            429,
            {"error": {"message": "No quota", "code": "insufficient_quota"}},
            "No quota; see to the account",
        ),
        (401, {"error": {"message": "who are you?"}}, r"the key in OPENROUTER_API_KEY or .env"),
        (404, {"error": {"message": "no such model"}}, "no such model; check the model's name"),
    ],
)
def test_what_a_provider_refuses_is_told_at_once(
    tmp_path: Path, status: int, body: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its own words, without another try, and with what to do."""
    monkeypatch.setattr(endpoint, "FIRST_PAUSE_S", 60.0)
    routes = WHOLE | {"/v1/chat/completions": (status, json.dumps(body))}
    with _served(routes) as url:
        request = replace(_request(tmp_path, url), provider="openrouter")
        with pytest.raises(ServerError, match=told) as raised:
            serve(request, lambda _: None).__enter__()
    assert str(raised.value).count("check") == (status not in (402, 429))


def test_a_providers_own_word_on_when_to_ask_again_is_kept(tmp_path: Path) -> None:
    """Its reset header, where there is no Retry-After."""
    limit = {"X-RateLimit-Remaining-Requests": "0", "X-RateLimit-Reset-Requests": "200ms"}
    said: list[str] = []
    with _scripted((429, limit, b"{}"), GOOD) as url:
        request = replace(_request(tmp_path, url), provider="groq")
        begun = time.monotonic()
        with serve(request, said.append):
            assert time.monotonic() - begun >= 0.2
    assert any("asking again in 0 s" in line for line in said)


def test_the_first_question_keeps_the_pace_of_the_runs_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for its turn, its refusal slows all, and it is asked again; nobody is asked beside that."""
    monkeypatch.setenv(Variable.PACE, str(tmp_path))
    asked: list[float] = []

    def refuse_once(turn: Turn) -> None:
        asked.append(time.monotonic())
        if len(asked) == 1:
            return turn.error(429, "slow down", Retry_After="0.3")
        return turn.answer("yes")

    with chat_server(refuse_once) as server:
        pace = find_shared_pace(server.base_url)
        assert pace is not None
        beside = Limiter(shared=pace)
        beside.note_refusal(beside.wait(threading.Event()), 0.2)
        began = time.monotonic()
        _facts(tmp_path, server.base_url, "stand-in")
    known = json.loads(pace.read_text())
    assert (len(asked), known["turn"]) == (2, 2)
    assert asked[0] - began >= 0.15
    assert asked[1] - asked[0] >= 0.25
    assert known["last_answer"] >= asked[1]
