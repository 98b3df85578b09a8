"""Whose a port is."""

from __future__ import annotations

import os
import socket

import pytest

from benchkit.serving.servers.ports import HOST, free_port, listens_alone


def test_a_free_port_can_be_bound() -> None:
    """What free_port gives is free."""
    with socket.create_server((HOST, free_port())) as server:
        assert server.getsockname()[1] > 0


def test_our_port_and_that_of_others() -> None:
    """A socket of this process is ours and not that of process 1; a port nobody listens on is nobody's."""
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        assert listens_alone(port, [os.getpid()]) is True
        assert listens_alone(port, [1]) is False
    assert listens_alone(port, [os.getpid()]) is False


def test_a_port_shared_with_another_process() -> None:
    """With SO_REUSEPORT two processes can listen on one port: then it is not ours alone."""
    with socket.create_server((HOST, 0), reuse_port=True) as ours:
        port = ours.getsockname()[1]
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            ours.close()
            with socket.create_server((HOST, port), reuse_port=True):
                os.write(writing, b"x")
                os.read(reading, 0)
                os.kill(os.getpid(), 19)
            os._exit(0)
        os.read(reading, 1)
        try:
            assert listens_alone(port, [os.getpid()]) is False
            assert listens_alone(port, [os.getpid(), child]) is True
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
            os.close(reading)
            os.close(writing)


def test_unknown_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc nobody knows, and nobody is accused."""
    monkeypatch.setattr("benchkit.serving.servers.ports._listening_sockets", lambda _: None)
    assert listens_alone(80, [1]) is None
