"""A limit of a provider, as a script of its stand-in: a bucket that fills with time, and the burst it holds.

So platform.openai.com/docs/guides/rate-limits and docs.anthropic.com/en/api/rate-limits describe theirs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.stand_ins.chat_server import Turn

Headers = Callable[[float], dict[str, str]]
"""What a refusal tells of a limit that is over in so many seconds."""


def retry_after(wait_s: float) -> dict[str, str]:
    return {"Retry_After": f"{wait_s:.3f}"}


Clock = Callable[[], float]
TICK_S, LONG_TICK_S = 0.02, 0.1


@contextmanager
def awake_time() -> Iterator[Clock]:
    """The seconds in which this process ran: where the machine stood still, the clients did so as well."""
    awake, over = 0.0, threading.Event()

    def tick() -> None:
        nonlocal awake
        before = time.monotonic()
        while not over.wait(TICK_S):
            now = time.monotonic()
            awake += min(now - before, LONG_TICK_S)
            before = now

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield lambda: awake
    finally:
        over.set()
        thread.join()


class Bucket:
    """Fills by `rate` a second, up to `burst`; a request takes one out.

    It begins to fill at the first refusal: one more than the burst is refused, however slowly a machine asks.
    """

    def __init__(
        self, rate: float, burst: float, tell: Headers, status: int = 429, clock: Clock = time.monotonic
    ) -> None:
        self._rate, self._burst, self._tell, self._status = rate, burst, tell, status
        self._clock = clock
        self._there, self._at = burst, clock()
        self._lock = threading.Lock()
        self.refused = self.granted = 0
        self._granted_since = 0
        self.lost = 0.0  # what would have been allowed since the first refusal, and nobody asked for

    def __call__(self, turn: Turn) -> bool:
        with self._lock:
            now = self._clock()
            there = self._there + ((now - self._at) * self._rate if self.refused else 0.0)
            self.lost += min(max(0.0, there - self._burst), 3 * self._burst)  # this machine may stand still
            self._there, self._at = min(self._burst, there), now
            if self._there >= 1:
                self._there -= 1
                self.granted += 1
                self._granted_since += bool(self.refused)
                return False
            self.refused += 1
            wait_s = (1 - self._there) / self._rate
        turn.error(self._status, "Rate limit reached", "rate_limit_exceeded", **self._tell(wait_s))
        return True

    @property
    def used(self) -> float:
        """The share of what was allowed since the first refusal; what is left in the bucket is not lost."""
        return self._granted_since / (self._granted_since + self.lost)
