"""A server that takes what is sent and says nothing, as one does whose machine hangs.

The network notices nothing of it. A statement may take its time as long as the server still answers who
comes anew; where it does not, the connection is cut.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

SILENT_S = 60.0
LOOKS_EVERY_S = 5.0
ANSWERS_WITHIN_S = 10


class SilenceWatch:
    """Of one link, in a thread of its own for as long as the process lives."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.connection: Connection[Any] | None = None
        self.asked_at: float | None = None  # None while nothing is awaited
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(LOOKS_EVERY_S)
            asked_at = self.asked_at
            if asked_at is None or time.monotonic() - asked_at < SILENT_S or self._answers():
                continue
            if self.asked_at == asked_at:
                self._cut()

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self._where, connect_timeout=ANSWERS_WITHIN_S).close()
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            pass  # whatever it says, it says something
        return True

    def _cut(self) -> None:
        """Whoever waits for its answer is told that the connection is lost."""
        if self.connection is not None and not self.connection.closed:
            with suppress(OSError), socket.socket(fileno=os.dup(self.connection.fileno())) as one:
                one.shutdown(socket.SHUT_RDWR)
