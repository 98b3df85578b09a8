"""An end to work in the main thread at a given moment, whatever it waits for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from benchkit.errors import BenchError


class OutOfTime(BenchError):
    """The budget is used up."""

    def __init__(self) -> None:
        super().__init__("the budget is used up")


@contextmanager
def ending_after(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block when so much time has gone by; what comes after it is not disturbed."""
    if seconds <= 0:
        raise OutOfTime
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's alone
        yield
        return

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
