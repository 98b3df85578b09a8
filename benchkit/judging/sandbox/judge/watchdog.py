"""Keeps what the judge itself does with a candidate's values within the program's time.

`alarm` interrupts code in Python. Code in C that holds the interpreter (sorting millions of items, a set of
keys with one hash) runs no signal handler: for that the kernel ends the whole judge, a moment after it should
have answered. The pool reports a timeout and starts another judge.
"""

from __future__ import annotations

import signal
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from time import monotonic

from benchkit.judging.sandbox.jail import syscalls

_LATE_S = 0.02  # a deadline met in the jail is reported first
_LAST_S = 0.1  # after a deadline nothing is waited for any more
_CLOCK_MONOTONIC, _ABSOLUTE = 1, 1


class TooSlow(BaseException):
    """The judge's own code met the deadline, because of what the candidate returned."""


@contextmanager
def alarm(deadline: float) -> Iterator[None]:
    """Raises TooSlow in what runs below, once the deadline has passed, and again until that ends."""

    armed = True

    def stop(*_: object) -> None:
        if armed:
            raise TooSlow

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(0.01, deadline - monotonic() + _LATE_S), 0.1)
    try:
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def arm(deadline: float) -> None:
    """Have this process killed soon after the deadline, unless `disarm` comes first."""
    _set(deadline + _LAST_S)


def disarm() -> None:
    _set(0.0)


def _set(at: float) -> None:
    seconds = int(at)
    when = struct.pack("=qqqq", 0, 0, seconds, int((at - seconds) * 1e9))
    syscalls.call("timer_settime", _timer(), _ABSOLUTE, when, None)


@cache
def _timer() -> int:
    """This process's own: a fork inherits none, and the fork server never makes one."""
    made = syscalls.buffer(4)
    by_signal = struct.pack("=qii48x", 0, signal.SIGKILL, 0)
    syscalls.call("timer_create", _CLOCK_MONOTONIC, by_signal, made)
    return int.from_bytes(made.raw, "little")
