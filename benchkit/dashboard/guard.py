"""Who may look: one piece of ASGI before everything else, for pages, the API and the WebSocket alike.

A page that starts programs on this machine must not be used by other pages, other users or other machines.
So a request must name us as its host (a foreign name that was pointed here is refused), come from our own
pages where it changes something, carry the token, and bring nothing but JSON. What is refused is logged with
its remedy. The checks are in checks.py.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from html import escape
from typing import Any

from benchkit.dashboard.access import Access
from benchkit.dashboard.checks import (
    CHANGING,
    CHECKS,
    MOST_BODY_BYTES,
    CheckedRequest,
    Header,
    RequestRefusal,
    too_long,
)
from benchkit.terminal import printable

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_S = 60.0
MOST_KINDS = 64  # of refusals that are remembered

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""On every answer, unless the answer has its own of that name."""


class Guard:
    """Wraps the application; nothing reaches it that a check refuses."""

    def __init__(self, app: App, access: Access, log: Callable[[str], None]) -> None:
        self._app, self._access = app, access
        self._log = RefusalLog(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        asked = self._asked(scope)
        refusal = next((refused for check in CHECKS if (refused := check(asked)) is not None), None)
        body = b""
        if refusal is None and asked.method in CHANGING:
            refusal, body = await _read_body(receive)
        if refusal is not None:
            self._log.note(scope.get("client"), asked, refusal)
            return await self._refuse(asked, refusal, send)
        if asked.is_link:
            return await self._admit(asked, _with_headers(send))
        if scope["type"] == "websocket":
            return await self._app(scope, receive, send)
        inner = _replaying(body, receive) if asked.method in CHANGING else receive
        return await self._app(scope, inner, _with_headers(send))

    def _asked(self, scope: Scope) -> CheckedRequest:
        method = scope.get("method", "WEBSOCKET")
        query = scope["query_string"].decode("latin-1")
        return CheckedRequest(self._access, method, scope["path"], query, scope["headers"])

    async def _refuse(self, asked: CheckedRequest, refusal: RequestRefusal, send: Send) -> None:
        if asked.method == "WEBSOCKET":
            return await send({"type": "websocket.close", "code": 1008, "reason": refusal.text[:120]})
        guarded = _with_headers(send)
        if asked.path.startswith("/api/"):
            text = json.dumps({"error": refusal.text, "fields": {}})
            return await _answer(guarded, refusal.status, text, kind="application/json")
        return await _answer(
            guarded, refusal.status, f"{refusal.text}\n", further=[(b"connection", b"close")]
        )

    async def _admit(self, asked: CheckedRequest, send: Send) -> None:
        """Put the token into a cookie that no script sees, and out of the address."""
        cookie = f"{self._access.cookie}={self._access.token}; HttpOnly; SameSite=Strict; Path=/"
        place = asked.address_without_token
        headers = [(b"set-cookie", cookie.encode())]
        if asked.one_of(b"sec-fetch-site") in (None, "none", "same-origin"):
            await _answer(send, 303, "", further=[*headers, (b"location", place.encode())])
            return
        # A browser that comes from another page keeps the new cookie back until a page of ours asks.
        refresh = f'<meta http-equiv="refresh" content="0; url={escape(place)}">'
        page = f'<!doctype html><html lang="en"><meta charset="utf-8">{refresh}<title>bench_runner</title>'
        await _answer(send, 200, page, kind="text/html", further=headers)


class RefusalLog:
    """One line for a kind of refusal and some seconds: a flood of requests makes no flood of lines."""

    QUIET_S = 10.0

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._last: dict[tuple[int, str], float] = {}

    def note(self, client: tuple[str, int] | None, asked: CheckedRequest, refusal: RequestRefusal) -> None:
        now, kind = time.monotonic(), (refusal.status, asked.method)
        if now - self._last.get(kind, float("-inf")) < self.QUIET_S:
            return
        if len(self._last) < MOST_KINDS:
            self._last[kind] = now
        who = client[0] if client else "somebody"
        self._log(printable(f"refused {asked.method} {asked.path[:80]} from {who}: {refusal.text}"))


async def _read_body(receive: Receive) -> tuple[RequestRefusal | None, bytes]:
    """All of it, before anybody waits for it."""
    parts: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return RequestRefusal(400, "the connection ended within the request: send it again"), b""
                parts.append(message.get("body", b""))
                length += len(parts[-1])
                if length > MOST_BODY_BYTES:
                    return too_long(), b""
                if not message.get("more_body"):
                    return None, b"".join(parts)
    except TimeoutError:
        return RequestRefusal(408, f"the request took more than {BODY_S:g} s: send it again"), b""


def _replaying(body: bytes, receive: Receive) -> Receive:
    replayed = False

    async def receive_again() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            names = {name.lower() for name, _ in own}
            message["headers"] = [*own, *(header for header in HEADERS if header[0] not in names)]
        await send(message)

    return send_with_headers


async def _answer(
    send: Send, status: int, text: str, *, kind: str = "text/plain", further: Iterable[Header] = ()
) -> None:
    body = text.encode("utf-8", "replace")
    headers = [
        (b"content-type", f"{kind}; charset=utf-8".encode()),
        (b"content-length", str(len(body)).encode()),
        *further,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
