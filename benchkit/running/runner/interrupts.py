"""Ctrl-C, SIGTERM and SIGHUP: once, everything is put away in order; twice, it ends at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any

from benchkit.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """While entered, the first signal raises Interrupted in the main thread, the second ends the process."""

    def __init__(self) -> None:
        self._seen = 0
        self._held = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        # Python lets the main thread alone handle signals; elsewhere there is nothing to do.
        if threading.current_thread() is threading.main_thread():
            heeded = [number for number in SIGNALS if number != signal.SIGHUP or not _ignores_hangups()]
            self._before = {number: signal.signal(number, self._handle) for number in heeded}
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._seen += 1
        if self._seen > 1:
            # Server and script run under supervisors, which end them when this process is gone.
            os._exit(Interrupted.exit_code)
        # Past Python's streams, which the signal may have stopped in the midst of a line; the terminal that
        # has sent it by going away takes none.
        with suppress(OSError):
            os.write(2, "stopping… (once more: at once)\n".encode())
        if not self._held:
            raise Interrupted

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the block end undisturbed, such as the writing of a record; Interrupted is raised after it."""
        before, self._held = self._seen, True
        try:
            yield
        finally:
            self._held = False
        if self._seen > before:
            raise Interrupted


def _ignores_hangups() -> bool:
    """Started with nohup: it is to go on when the terminal goes."""
    return signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
