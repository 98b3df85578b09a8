"""The messages between pool and judge."""

from __future__ import annotations

import marshal
import socket
from typing import Any

from benchkit.judging.sandbox.base import Outcome
from benchkit.judging.sandbox.wire import frames
from benchkit.verdict import Verdict


class MessageLine:
    """Messages between pool and judge, both trusted: length and plain data."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def send(self, *message: Any) -> None:
        body = marshal.dumps(message)
        self.connection.sendall(frames.LENGTH.pack(len(body)) + body)

    def receive(self) -> tuple[Any, ...]:
        """The next message; EOFError where the other side has closed the connection."""
        (size,) = frames.LENGTH.unpack(self._read(frames.LENGTH.size))
        return tuple(marshal.loads(self._read(size)))

    def _read(self, size: int) -> bytes:
        received = bytearray(size)
        view = memoryview(received)
        while view:
            count = self.connection.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return bytes(received)


def as_message(result: Outcome) -> dict[str, Any]:
    return {**vars(result), "verdict": str(result.verdict)}


def as_outcome(message: dict[str, Any]) -> Outcome:
    return Outcome(**{**message, "verdict": Verdict(message["verdict"])})
