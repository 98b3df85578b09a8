"""A chat endpoint that can misbehave, on a real socket of this machine.

It speaks what https://platform.openai.com/docs/api-reference/chat/streaming documents for streamed chat
completions, `/props` and `timings` as llama.cpp's tools/server/README.md has them, and errors in either's
form. What it does with a request is a test's function: it takes a `Turn` and uses its methods.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Do = Callable[["Turn"], object]
Get = Callable[["Turn", str], bool]
"""Replies to the GET of a path, and says whether it did."""
SERVED = {"data": [{"id": "stand-in", "meta": {"n_params": 7, "size": 7, "n_vocab": 7, "n_embd": 7}}]}


def question_of(body: Mapping[str, Any]) -> str:
    """The text of the last message of the user, or the text to continue."""
    if "prompt" in body:
        return str(body["prompt"])
    return next(str(m["content"]) for m in reversed(body["messages"]) if m["role"] == "user")


class Turn:
    """One request to the stand-in, and the ways to reply to it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: dict[str, Any], number: int) -> None:
        self._handler, self.body, self.number = handler, body, number  # number: 1 for the first request
        self.further: dict[str, str] = {}  # headers of whatever it replies
        self.sent = 0  # bytes of a body that is sent on and on

    @property
    def headers(self) -> Message:
        """Of the request."""
        return self._handler.headers

    @property
    def path(self) -> str:
        return self._handler.path

    @property
    def question(self) -> str:
        return question_of(self.body)

    def status(self, code: int, body: str | bytes | dict[str, Any] | list[Any] = "", **headers: str) -> None:
        """A whole reply, not streamed."""
        kind = "application/json" if isinstance(body, dict | list) else "text/html"
        data = json.dumps(body).encode() if isinstance(body, dict | list) else body
        data = data.encode() if isinstance(data, str) else data
        self._handler.send_response(code)
        told = {"Content-Type": kind, "Content-Length": str(len(data)), **self.further, **headers}
        for name, value in told.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()
        self._handler.wfile.write(data)

    def error(self, code: int, message: str, kind: str = "server_error", **headers: str) -> None:
        self.status(code, {"error": {"code": code, "message": message, "type": kind}}, **headers)

    def endless(self, code: int, pause_s: float = 0.0) -> None:
        """A body that goes on until the other side hangs up: quickly, or byte by byte."""
        self._handler.send_response(code)
        self._handler.send_header("Transfer-Encoding", "chunked")
        self._handler.end_headers()
        chunk = b" " * (1 if pause_s else 1 << 20)
        with suppress(OSError):
            for _ in range(10_000):
                self.send(chunk)
                self.sent += len(chunk)
                time.sleep(pause_s)
        self._handler.close_connection = True

    def silence(self, code: int, until: threading.Event) -> None:
        """A status whose body never comes."""
        self._handler.send_response(code)
        self._handler.send_header("Content-Length", "1000")
        self._handler.end_headers()
        self._handler.wfile.flush()
        until.wait(60)
        self._handler.close_connection = True

    def begin(self) -> None:
        self._handler.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", **self.further}.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.send_header("Transfer-Encoding", "chunked")
        self._handler.end_headers()

    def send(self, data: bytes) -> None:
        """One chunk, at once."""
        self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self._handler.wfile.flush()

    def event(self, event: dict[str, Any] | str) -> None:
        text = event if isinstance(event, str) else json.dumps(event)
        self.send(f"data: {text}\n\n".encode())

    def delta(
        self, text: str | list[dict[str, Any]] | None = None, finish: str | None = None, **further: str
    ) -> None:
        if "prompt" in self.body:
            return self.event({"choices": [{"index": 0, "text": text or "", "finish_reason": finish}]})
        delta: dict[str, Any] = {"content": text} | further if text is not None else further
        return self.event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def end(self) -> None:
        self.event("[DONE]")
        self.send(b"")

    def cut(self) -> None:
        """The connection is gone, in the middle of whatever was being said."""
        self._handler.close_connection = True
        self._handler.wfile.flush()
        self._handler.connection.shutdown(2)

    def vanish(self) -> None:
        """Nobody answers at this address any more, from now on."""
        self._handler.server.shutdown()
        self._handler.server.server_close()
        self.cut()

    def answer(self, text: str, finish: str = "stop", *, pause_s: float = 0.0, **last: Any) -> None:
        """A well-behaved stream: the text word by word, then the reason, then the usage."""
        words = text.split(" ")
        self.begin()
        for place, word in enumerate(words):
            self.delta(word if place == 0 else f" {word}")
            if pause_s:
                time.sleep(pause_s)
        self.delta(finish=finish)
        usage = {"prompt_tokens": 11, "completion_tokens": len(words), "total_tokens": 11 + len(words)}
        self.event({"choices": [], "usage": usage} | last)
        self.end()


class ChatServer:
    """What a test sees of the running stand-in."""

    def __init__(self, do: Do, slots: int | None, key: str | None) -> None:
        self.do, self.slots = do, slots
        self.authorization = f"Bearer {key}" if key else None  # the header that every question needs
        self.bodies: list[dict[str, Any]] = []
        self.get: Get | None = None  # what it does with a GET; None: what a well-behaved server does
        self.authorizations: list[str | None] = []  # of all requests
        self.loading = 0  # how often /health still says that the model is being loaded
        self.connections = self.busy = self.busiest = 0
        self.lock = threading.Lock()
        self.base_url = ""

    @contextmanager
    def counted(self, body: dict[str, Any]) -> Iterator[int]:
        with self.lock:
            self.bodies.append(body)
            number = len(self.bodies)
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        try:
            yield number
        finally:
            with self.lock:
                self.busy -= 1


@contextmanager
def chat_server(do: Do, *, slots: int | None = 4, key: str | None = None) -> Iterator[ChatServer]:
    """Run the stand-in; `slots` None means that it does not tell how many it has."""
    server = ChatServer(do, slots, key)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.base_url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # each token at once

        def setup(self) -> None:
            super().setup()
            with server.lock:
                server.connections += 1

        def do_GET(self) -> None:
            turn = Turn(self, {}, 0)
            server.authorizations.append(self.headers["Authorization"])
            if server.get is not None and server.get(turn, self.path):
                return
            if self.path == "/v1/models":
                turn.status(200, SERVED)
            elif self.path == "/health" and server.loading > 0:
                server.loading -= 1
                turn.error(503, "Loading model", "unavailable_error")
            elif self.path == "/props" and server.slots:
                turn.status(200, {"total_slots": server.slots})
            else:
                turn.error(404, "File Not Found", "not_found_error")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.authorizations.append(self.headers["Authorization"])
            with server.counted(body) as number:
                turn = Turn(self, body, number)
                if server.authorization not in (None, self.headers["Authorization"]):
                    turn.error(401, "Invalid API Key", "authentication_error")
                else:
                    server.do(turn)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def in_order(*ways: Do) -> Do:
    """The first request gets the first way, and so on; the last way is for all that follow."""
    return lambda turn: ways[min(turn.number, len(ways)) - 1](turn)


def words(texts: Iterable[str]) -> Do:
    """Answers with these texts, one a request."""
    return in_order(*(lambda turn, text=text: turn.answer(text) for text in texts))
