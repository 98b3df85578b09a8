"""Connections that come to nothing are closed, by whoever opens them and by whoever listens."""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

pytest.importorskip("distributed")

from distributed.comm import connect
from distributed.comm.core import listen

from benchkit.link import connections
from benchkit.link.certificates import make_certificates, own_credentials
from benchkit.link.wire import as_url, prepare, security_of

GIVES_UP_S = 1.0  # in which the connection that is used must be there
SOON_S = 60.0


@pytest.fixture
def security(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    make_certificates("alpha", [])
    prepare()
    return security_of(own_credentials())


def is_closed_soon(connection: socket.socket) -> bool:
    """Whether the other end closes it, whatever it says before."""
    connection.settimeout(SOON_S)
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def test_who_gives_up_in_the_moment_in_which_it_is_connected_closes_that(security: Any) -> None:
    """As a machine under load does, which sees both at once: one was left open with each try."""

    asked, may_answer = threading.Event(), threading.Event()

    def answer(listening: socket.socket) -> socket.socket:
        taken, _ = listening.accept()
        taken.recv(1, socket.MSG_PEEK)
        asked.set()
        may_answer.wait(SOON_S)
        context: ssl.SSLContext = security.get_listen_args("worker")["ssl_context"]
        return context.wrap_socket(taken, server_side=True)

    async def give_up() -> bool:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            address = listening.getsockname()
            answering = asyncio.create_task(asyncio.to_thread(answer, listening))
            arguments = security.get_connection_args("client")
            trying = asyncio.create_task(connect(as_url(*address), **arguments))
            while not asked.is_set():
                await asyncio.sleep(0.01)
            may_answer.set()
            own = [one.fd for one in psutil.Process().net_connections("tcp") if one.raddr == address]
            select.select(own, [], [], SOON_S)  # the loop stands still meanwhile
            loop.call_later(0, trying.cancel)  # after what it finds at its connections
            with suppress(asyncio.CancelledError):
                await trying
            assert trying.cancelled()
            with await answering as secured:
                return await asyncio.to_thread(is_closed_soon, secured)

    assert asyncio.run(give_up())


async def _first_words(security: Any, address: tuple[str, int], *, secured: bool) -> socket.socket:
    """A connection to a listener of ours on which nothing more is said, with or without TLS's handshake."""
    plain = socket.create_connection(address, SOON_S)
    if not secured:
        return plain
    context = security.get_connection_args("client")["ssl_context"]
    return await asyncio.to_thread(context.wrap_socket, plain)


@pytest.mark.parametrize("secured", [False, True])
def test_what_has_not_become_a_connection_is_closed(
    secured: bool, security: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the other end stops before TLS's handshake or after it; one that is used stays."""
    monkeypatch.setattr(connections, "BEGINS_WITHIN_S", GIVES_UP_S)
    used: asyncio.Event | None = None

    async def serve() -> bool:
        nonlocal used
        used = asyncio.Event()

        async def take(comm: Any) -> None:
            assert used is not None
            await used.wait()
            await comm.write("still there")

        listener = await listen(as_url("127.0.0.1", 0), take, **security.get_listen_args("scheduler"))
        client = await connect(listener.contact_address, **security.get_connection_args("client"))
        with await _first_words(security, listener.get_host_port(), secured=secured) as stalled:
            ended = await asyncio.to_thread(is_closed_soon, stalled)
        used.set()
        assert await client.read() == "still there"
        await client.close()
        listener.stop()
        return ended

    assert asyncio.run(serve())
