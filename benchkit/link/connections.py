"""Connections that end where nobody waits for them any more.

The library gives up waiting for a connection, and what comes to be in that moment stays open at both ends: a
box that is slow added some with each try. Here whoever gives up closes what it had begun, and whoever listens
closes what has not become a connection within a while.
"""

from __future__ import annotations

import asyncio
from typing import Any

from distributed.comm.core import CommClosedError
from distributed.comm.registry import backends
from distributed.comm.tcp import TCPClient, TLSBackend, TLSConnector, TLSListener

BEGINS_WITHIN_S = 30.0  # who connects gives up after 10 s


class Attempt(TCPClient):  # type: ignore[misc]
    """One attempt to connect, to one or several addresses of a host."""

    def __init__(self) -> None:
        super().__init__(resolver=TLSConnector.client.resolver)
        self._begun: list[Any] = []

    def _create_stream(self, *arguments: Any, **further: Any) -> Any:
        stream, connected = super()._create_stream(*arguments, **further)
        self._begun.append(stream)
        return stream, connected

    async def connect(self, host: str, port: int, *, ssl_options: Any, **further: Any) -> Any:
        """Also what came to be in the very moment in which it was given up is closed."""
        securing = None
        try:
            plain = await super().connect(host, port, **further)
            securing = plain.start_tls(False, ssl_options=ssl_options, server_hostname=host)
            return await securing
        except BaseException:
            if securing is not None:
                securing.cancel()
                securing.add_done_callback(_close)
            for stream in self._begun:
                if stream.socket is not None:  # None: TLS has it
                    stream.close()
            raise


def _close(securing: Any) -> None:
    if not securing.cancelled() and securing.exception() is None:
        securing.result().close()


class Connector(TLSConnector):  # type: ignore[misc]
    @property
    def client(self) -> Attempt:
        return Attempt()


class Listener(TLSListener):  # type: ignore[misc]
    async def _prepare_stream(self, stream: Any, address: Any) -> Any:
        """None where the other end does not come to the end of TLS's handshake."""
        try:
            async with asyncio.timeout(BEGINS_WITHIN_S):
                return await super()._prepare_stream(stream, address)
        except TimeoutError:
            stream.close()
            return None

    async def on_connection(self, comm: Any, handshake_overrides: Any = None) -> None:
        """The library's own first words."""
        try:
            async with asyncio.timeout(BEGINS_WITHIN_S):
                await super().on_connection(comm, handshake_overrides)
        except TimeoutError:
            comm.abort()
            raise CommClosedError("it was opened and not used") from None


class Backend(TLSBackend):  # type: ignore[misc]
    _connector_class = Connector
    _listener_class = Listener


def install() -> None:
    """For all of this process's connections."""
    backends["tls"] = Backend()
