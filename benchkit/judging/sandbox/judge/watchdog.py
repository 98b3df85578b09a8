"""Keeps what the judge itself does with a candidate's values within the program's time.

`alarm` interrupts code in Python. Code in C that holds the interpreter (sorting millions of items, a set of
keys with one hash) runs no signal handler: for that the pool ends the whole judge, a moment after it should
have answered, and starts another one.

Neither counts the time in which the machine stands still: `alarm` looks at the clock again and again, and
moves the moment at which the pool would end the judge.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, process_time

from benchkit.judging.sandbox.judge.running import Running

_LATE_S = 0.02  # a deadline met in the jail is reported first
_LAST_S = 0.05  # after a deadline; from here on the pool looks whether the judge computes on
_LOOKS_EVERY_S = 0.05
_AGAIN_S = 0.1


class TooSlow(BaseException):
    """The judge's own code met the deadline, because of what the candidate returned."""


@contextmanager
def alarm(running: Running) -> Iterator[None]:
    """Raises TooSlow in what runs below, once the program's time is over, and again until that ends.

    From here on, until `running.jail.deadline` is cleared, the pool ends a judge that does not answer.
    """
    running.jail.deadline.set(running.by_the_machine(running.deadline) + _LAST_S)
    looks = _Looks(running)
    previous = signal.signal(signal.SIGALRM, looks.look)
    looks.come_again()
    try:
        yield
    finally:
        looks.over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


class _Looks:
    """Looks at the clock, from a signal handler, while the judge's own code runs."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.over = False
        self.last, self.used = monotonic(), process_time()

    def look(self, *_: object) -> None:
        """A look that comes late, and that no work of this process has kept waiting: all stood still."""
        if self.over:
            return
        running, used = self.running, self.used
        last = max(self.last, running.waited_until)
        self.last, self.used = monotonic(), process_time()
        if not running.waits:  # else it leaves that out itself
            running.leave_out(self.last - last - _LOOKS_EVERY_S - (self.used - used))
        self.come_again()
        if self.left() <= 0 and not running.waits:
            raise TooSlow

    def come_again(self) -> None:
        left = self.left()
        signal.setitimer(signal.ITIMER_REAL, min(_LOOKS_EVERY_S, left) if left > 0 else _AGAIN_S)

    def left(self) -> float:
        return self.running.deadline - self.running.now() + _LATE_S
