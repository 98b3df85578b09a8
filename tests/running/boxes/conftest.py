"""A port of its own for each test that starts a head."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
