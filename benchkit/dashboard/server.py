"""The socket of the page, and what serves it."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from typing import Any, ClassVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from benchkit.errors import UsageError

HEAD_S = 10.0  # within which a client says what it wants
MOST_CONNECTIONS = 400
SPARE_FILES = 100  # that are not connections
LONGEST_LIVE_MESSAGE = 64 * 1024


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes any that is free."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host.strip("[]"), port), family=family, backlog=1024)
    except (OSError, UnicodeError) as error:
        code = error.errno if isinstance(error, OSError) and not isinstance(error, socket.gaierror) else None
        why = os.strerror(code) if code else str(error)
        raise UsageError(f"port {port} on {host}: {why}; name another with --port, 0 takes any") from None


def serve(app: Any, listening: socket.socket) -> None:
    """Until it is interrupted."""
    _allow_many_files()
    make_server(app).run(sockets=[listening])


def make_server(app: Any) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="critical",  # bugs are told by whoever answers, each in one line
            access_log=False,
            http=PatientProtocol,
            ws="websockets-sansio",
            ws_max_size=LONGEST_LIVE_MESSAGE,
            timeout_graceful_shutdown=1,
            lifespan="off",  # there is none, and what ends it prints a traceback at Ctrl-C
            server_header=False,
        )
    )


class PatientProtocol(H11Protocol):
    """Lets a client go that does not say what it wants, sooner where another one needs its place."""

    # Of all connections those that ask for nothing now, the first for longest.
    _silent: ClassVar[dict[PatientProtocol, None]] = {}
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            _let_go(next(iter(self._silent), self))
        if not transport.is_closing():
            self._wait()

    def data_received(self, data: bytes) -> None:
        if not self._is_asking():
            self._wait()
        super().data_received(data)
        if self._is_asking() or self not in self.connections:  # it may be a WebSocket's by now
            self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _is_asking(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        if self._deadline is None:
            self._silent[self] = None
            self._deadline = self.loop.call_later(HEAD_S, _let_go, self)

    def _forget(self) -> None:
        self._silent.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _let_go(client: PatientProtocol) -> None:
    client._forget()
    client.transport.abort()


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))
