"""A dashboard served in this process, and requests to it byte by byte, as no browser would send them."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchkit.dashboard.access import Access
from benchkit.dashboard.server import listen, make_server

TOKEN = "token-of-the-test"


@dataclass(frozen=True)
class Answer:
    status: int  # 0: the connection was closed without one
    head: str
    body: str

    def header(self, name: str) -> str | None:
        found = re.search(rf"(?im)^{name}: (.*?)\r?$", self.head)
        return found and found[1]


@contextmanager
def served(make_app: Any) -> Iterator[Access]:
    """The application that `make_app` makes of the access, over a real socket."""
    listening = listen("127.0.0.1", 0)
    access = Access("127.0.0.1", listening.getsockname()[1], TOKEN)
    server = make_server(make_app(access))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield access
    finally:
        server.should_exit = True
        thread.join()


def connected(access: Access) -> socket.socket:
    return socket.create_connection((access.host, access.port), timeout=120)


def talk(access: Access, request: bytes) -> Answer:
    """All that comes back until the other side ends it."""
    with connected(access) as client:
        client.sendall(request)
        return read_answer(client)


def read_answer(client: socket.socket) -> Answer:
    data = b""
    try:
        while chunk := client.recv(65536):
            data += chunk
            if b" 101 " in data.partition(b"\r\n")[0] and b"\r\n\r\n" in data:
                break
    except ConnectionError:
        pass
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.match(rb"HTTP/1\.1 (\d+)", head)
    return Answer(int(found[1]) if found else 0, head.decode("latin-1"), body.decode("utf-8", "replace"))


def request(
    access: Access,
    method: str = "GET",
    path: str = "/",
    *,
    host: str | None = "",
    origin: str | None = None,
    token: str | None = TOKEN,
    body: str = "",
    **headers: str,
) -> bytes:
    """A request as our own page would send it, but for what is named."""
    lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
    if host is not None:
        lines.append(f"Host: {host or f'{access.host}:{access.port}'}")
    if origin is not None:
        lines.append(f"Origin: {origin}")
    if token is not None:
        lines.append(f"Cookie: other=1; {access.cookie}={token}")
    if body:
        headers = {"content_type": "application/json", "content_length": str(len(body.encode())), **headers}
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


def handshake(access: Access, path: str = "/live", **changes: Any) -> bytes:
    """A browser's request for a WebSocket."""
    plain = {"origin": access.origin, **changes}
    asked = request(access, path=path, **plain, Upgrade="websocket", Sec_WebSocket_Version="13",
                    Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")  # fmt: skip
    return asked.replace(b"Connection: close", b"Connection: Upgrade")
