"""Requests to a model server, and its two readiness checks: the right model, and a generated token."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException, IncompleteRead
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from benchkit.addresses import basic_authorization, split_credentials
from benchkit.errors import AccountEmpty, ServerBusy, ServerDied, ServerError, ServerHangs, WrongModel
from benchkit.json_values import mapping, mappings
from benchkit.providers.dialects import dialect_of
from benchkit.providers.pace import RATE_LIMITED, wished_pause_s
from benchkit.providers.parameters import Parameters
from benchkit.providers.preset import Provider
from benchkit.providers.refusals import AS_TO_MONEY, is_about_money
from benchkit.providers.table import LOCAL
from benchkit.providers.usage import read_usage
from benchkit.replies import REDIRECTS, error_in, may_pass, message_of, redirection, status_of

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LARGEST = 16 << 20  # bytes of a body; the longest list of models, with all their facts, is under 1 MB
TOO_LARGE = f"it answers with more than {LARGEST >> 20} MB"
SHOWN = 300  # characters of a server's own words
TOKEN_TIMEOUT_S = 120.0  # a big model on a CPU, its first graph still to be built


@dataclass(frozen=True)
class HttpReply:
    """An HTTP answer of any status."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)  # names With-Capitals

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def text(self) -> str:
        return self.body.decode(errors="replace")

    def message(self) -> str:
        """The server's own error message, in one line."""
        text = self.text()
        return " ".join((text if self.json() is None else message_of(text))[:SHOWN].split())


def ask(
    url: str, body: Any = None, *, timeout: float = 5.0, key: str | None = None, provider: Provider = LOCAL
) -> HttpReply:
    """GET, or POST of JSON where a body is given; OSError (TimeoutError among them) where no answer comes."""
    return send(_request(url, body, key, provider), timeout)


def stream(url: str, body: Any, *, timeout: float, key: str | None = None) -> Iterator[bytes]:
    """The lines of a reply as they come; ServerError where it is a refusal, OSError where none comes.

    `timeout` is for each piece: a stream may last.
    """
    request = _request(url, body, key, LOCAL)
    try:
        with _opener(request).open(request, timeout=timeout) as answer:
            yield from answer
    except urllib.error.HTTPError as error:
        with error:
            reply = HttpReply(error.code, _body(error, timeout), _headers(error))
        refuse_unless_ok(reply, url, f"{url} refuses to answer ({reply.status})")
    except urllib.error.URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else error from None
    except HTTPException as error:
        raise ConnectionError(f"{type(error).__name__} {error}") from error


def _request(url: str, body: Any, key: str | None, provider: Provider) -> urllib.request.Request:
    url, login = split_credentials(url)
    headers = {"Content-Type": "application/json", **dialect_of(provider).headers(None if login else key)}
    if login is not None:  # typed as part of this very address
        headers["Authorization"] = basic_authorization(*login)
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.Request(url, data, headers)


def send(request: urllib.request.Request, timeout: float) -> HttpReply:
    """Any request at all."""
    try:
        return _reply(request, timeout)
    except urllib.error.URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else error from None
    except HTTPException as error:
        raise ConnectionError(f"{type(error).__name__} {error}") from error


def _reply(request: urllib.request.Request, timeout: float) -> HttpReply:
    try:
        with _opener(request).open(request, timeout=timeout) as answer:
            return HttpReply(answer.status, _body(answer, timeout), _headers(answer))
    except urllib.error.HTTPError as error:
        with error:
            return HttpReply(error.code, _body(error, timeout), _headers(error))


def _opener(request: urllib.request.Request) -> urllib.request.OpenerDirector:
    local = urlsplit(request.full_url).hostname in LOOPBACK
    return _local_opener() if local else urllib.request.build_opener()


def _body(answer: Any, within_s: float) -> bytes:
    """The whole body, in bounded time and memory, however much is sent and however slowly."""
    deadline = monotonic() + within_s
    body = bytearray()
    while chunk := answer.read1(1 << 16):
        body += chunk
        if len(body) > LARGEST:
            raise ConnectionError(TOO_LARGE)
        if monotonic() > deadline:
            raise TimeoutError
    if answer.length:  # what its Content-Length promised, and did not come
        raise IncompleteRead(bytes(body), answer.length)
    packed = _headers(answer).get("Content-Encoding") in ("gzip", "deflate")
    return _unpacked(body) if packed else bytes(body)


def _unpacked(body: bytearray) -> bytes:
    """The content of a body that was compressed unasked; unchanged where it was not."""
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either form's header
    try:
        unpacked = unpacking.decompress(body, LARGEST + 1)
    except zlib.error:
        return bytes(body)
    if len(unpacked) > LARGEST:
        raise ConnectionError(TOO_LARGE)
    return unpacked


def _headers(answer: Any) -> dict[str, str]:
    return {name.title(): value for name, value in answer.headers.items()}


@cache
def _local_opener() -> urllib.request.OpenerDirector:
    """For servers on this machine: past any proxy, and without the certificates that take 40 ms to load."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def models(base_url: str, key: str | None = None, timeout: float = 10.0) -> tuple[str, ...]:
    """The ids that /v1/models lists."""
    reply = ask(f"{base_url}/models", key=key, timeout=timeout)
    if not reply.ok:
        raise ServerError(f"{base_url}/models answers {reply.status}: {reply.message()}")
    body = reply.json()
    entries = body.get("data") if isinstance(body, dict) else None
    return tuple(str(e.get("id")) for e in entries or () if isinstance(e, dict))


def prove_model(base_url: str, name: str, key: str | None = None, timeout: float = 10.0) -> None:
    """Raise WrongModel unless the server itself lists this name."""
    try:
        known = models(base_url, key, timeout)
    except OSError as error:
        raise no_answer(f"{base_url}/models", error, timeout) from error
    if name not in known:
        raise WrongModel(
            f"{base_url} serves {', '.join(known) or 'no model'}, not {name}: another server "
            "has this address, or the model's name is wrong"
        )


def prove_token(
    base_url: str,
    name: str,
    key: str | None = None,
    timeout: float = TOKEN_TIMEOUT_S,
    provider: Provider = LOCAL,
) -> None:
    """Raise unless one real token comes back."""
    dialect, parameters = dialect_of(provider), Parameters(provider, name)
    url = base_url + dialect.path("chat")
    while True:
        body = parameters.fit(_question(name))
        try:
            reply = ask(url, dialect.body(body), key=key, timeout=timeout, provider=provider)
        except OSError as error:
            raise no_answer(url, error, timeout) from error
        if not parameters.learn(reply.status, reply.text(), body):
            break
    refuse_unless_ok(reply, url, f"{base_url} refuses to answer ({reply.status})", provider)
    events = [dialect.event(dict(event)) for event in _events(reply)]
    for inner in filter(None, map(error_in, events)):
        refusal = HttpReply(status_of(inner), json.dumps({"error": inner}).encode(), reply.headers)
        refuse_unless_ok(refusal, url, f"{base_url} answers with an error ({refusal.status})", provider)
    if not any(map(_has_token, events)):
        raise ServerError(f"{base_url} answered without a single token: {reply.message()}")


def _events(reply: HttpReply) -> Iterator[Mapping[str, Any]]:
    """The whole reply; of one that is a stream though none was asked for, its events."""
    whole = reply.json()
    lines = reply.text().splitlines() if whole is None else ()
    for kind, _, text in (line.partition(":") for line in lines):
        if kind in ("data", "error"):
            event = HttpReply(reply.status, text.encode()).json()
            yield from mappings([event if kind == "data" else {"error": event}]) or ()
    yield from mappings(whole if isinstance(whole, list) else [whole]) or ()


def _question(name: str) -> dict[str, Any]:
    return {
        "model": name,
        "messages": [{"role": "user", "content": "Say one word."}],
        "max_tokens": 1,
        "temperature": 0,
    }


def refuse_unless_ok(reply: HttpReply, url: str, what: str, provider: Provider = LOCAL) -> None:
    """Raise ServerBusy where the same request may be answered in a moment, else ServerError."""
    if reply.ok:
        return
    if reply.status in REDIRECTS:
        raise ServerError(f"{url} {redirection(reply.status, url, reply.headers)}")
    if is_about_money(reply.status, reply.text()):
        raise AccountEmpty(f"{what}: {reply.message()}; {AS_TO_MONEY}")
    if not may_pass(reply.status):
        raise ServerError(f"{what}: {reply.message()}")
    busy = ServerBusy(f"{what}: {reply.message()}")
    busy.rate_limited = reply.status in RATE_LIMITED
    busy.wait_s = wished_pause_s(reply.headers, provider.reset_headers, reply.text())
    raise busy


def no_answer(url: str, error: OSError, timeout: float) -> ServerError:
    """The error for a request that got no reply."""
    if isinstance(error, TimeoutError):
        return ServerHangs(f"{url} accepted a request and did not answer within {timeout:.3g} s")
    return ServerDied(f"{url} cannot be reached: {error}")


def _has_token(body: Any) -> bool:
    """Whether a chat completion holds a token, be it text, reasoning or only counted."""
    if not isinstance(body, dict):
        return False
    if read_usage(mapping(body.get("usage")) or {}).completion_tokens:
        return True
    choice = next(iter(mappings(body.get("choices")) or ()), {})
    message = mapping(choice.get("message")) or mapping(choice.get("delta")) or {}
    return any(message.get(part) for part in ("content", "reasoning_content", "reasoning", "tool_calls"))
