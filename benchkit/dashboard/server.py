"""The socket of the page, and what serves it."""

from __future__ import annotations

import socket
from typing import Any

from benchkit.errors import UsageError


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes any that is free."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise UsageError(f"port {port} on {host}: {error.strerror}; name another with --port") from None


def serve(app: Any, listening: socket.socket) -> None:
    """Until it is interrupted."""
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", access_log=False, ws="websockets-sansio")
    uvicorn.Server(config).run(sockets=[listening])
