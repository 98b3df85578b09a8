"""Distinguishes a server that hangs from one that is slow, while it is in use."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from benchkit.errors import ServerDied, ServerError, ServerHangs
from benchkit.serving.servers.http import prove_token

ShowsLife = Callable[[], bool]
"""Whether the server has computed something since the last check, or reports that it is idle."""


ASKS_NO_LONGER_S = 3600.0
OVERSLEPT_S = 1.0  # a pause that lasts so much longer than it was to is the machine's doing


@dataclass(frozen=True)
class HangLimits:
    """How often to check a server, and how long it may be silent."""

    every_s: float = 5.0
    quiet_s: float = 30.0  # so long without progress, and a one-token probe is sent
    idle_s: float = 15.0  # so long without processor time, and it is sent earlier
    probe_s: float = 180.0  # so long for its answer, counted anew at every sign of life
    still_s: float = 60.0  # so long without progress and processor time while it owes an answer: it hangs
    still_share: float = 0.001  # of one core: what uses less stands still


@dataclass(frozen=True)
class WatchedServer:
    """The server that is watched, and the figures of its process."""

    base_url: str
    model: str
    shows_life: ShowsLife
    key: str | None = None
    cpu_s: Callable[[], float | None] = lambda: None  # the processor time it has used; None: unknown


class WakingClock:
    """Leaves out the time in which the machine stood still, as one put to sleep: so did the server."""

    def __init__(self) -> None:
        self._left_out = 0.0

    def now(self) -> float:
        return time.monotonic() - self._left_out

    def pause(self, wait: Callable[[float], object], seconds: float) -> None:
        began = time.monotonic()
        wait(seconds)
        overslept = time.monotonic() - began - seconds
        if overslept > OVERSLEPT_S:
            self._left_out += overslept


class Stillness:
    """Whether a server that owes an answer has used next to no processor time for a while.

    A working server burns it, be it only to feed a GPU; a stopped one does not.
    """

    def __init__(self, hang_limits: HangLimits) -> None:
        self._limits = hang_limits
        self._readings: deque[tuple[float, float]] = deque()  # moment and processor time, oldest first

    def lasts(self, now: float, cpu_s: float | None) -> bool:
        """Add a reading; true when the server has used next to nothing for `still_s`."""
        if cpu_s is None:
            return False
        self._readings.append((now, cpu_s))
        while len(self._readings) > 1 and now - self._readings[1][0] >= self._limits.still_s:
            self._readings.popleft()
        since, before = self._readings[0]
        seconds = now - since
        return seconds >= self._limits.still_s and cpu_s - before <= self._limits.still_share * seconds


class ProcessorUse:
    """Since when the server has used next to no processor time; whether it should have, a probe shows."""

    def __init__(self, hang_limits: HangLimits) -> None:
        self._share = hang_limits.still_share
        self._last_used: tuple[float, float] | None = None  # moment and processor time

    def note(self, now: float, cpu_s: float | None) -> None:
        if cpu_s is None:
            self._last_used = None
        elif self._last_used is None or cpu_s - self._last_used[1] > self._share * (now - self._last_used[0]):
            self._last_used = now, cpu_s

    def idle_s(self, now: float) -> float:
        """0 where the processor time is not known."""
        return now - self._last_used[0] if self._last_used else 0.0


class Watchdog:
    """A thread that watches the server's progress and, where it sees none, requests one token.

    Slow prompt processing shows life, or ends in the probe's answer; a hang does neither.
    """

    def __init__(self, watched: WatchedServer, hang_limits: HangLimits) -> None:
        self._watched, self._limits = watched, hang_limits
        self._stop = threading.Event()
        self._clock = WakingClock()
        self._progress_at = self._clock.now()
        self._processor_use = ProcessorUse(hang_limits)
        self._owes_probe = False  # a probe was sent and not answered at once
        self.verdict: ServerError | None = None
        self._thread = threading.Thread(target=self._watch, name="server watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while self.verdict is None and not self._stop.is_set():
            self._clock.pause(self._stop.wait, self._limits.every_s)
            if self._stop.is_set() or self._progressed() or not self._is_doubtful():
                continue
            self.verdict = self._probe()
            self._owes_probe = False

    def _is_doubtful(self) -> bool:
        now = self._clock.now()
        return self.silent_s >= self._limits.quiet_s or self._processor_use.idle_s(now) >= self._limits.idle_s

    def _progressed(self) -> bool:
        self._processor_use.note(self._clock.now(), self._watched.cpu_s())
        if not self._watched.shows_life():
            return False
        self._progress_at = self._clock.now()
        return True

    @property
    def silent_s(self) -> float:
        """Seconds since the last sign of life, as far as it was looked for."""
        return self._clock.now() - self._progress_at

    @property
    def stopped_s(self) -> float | None:
        """Seconds without processor time while a probe waits: for servers that count no work."""
        return self._processor_use.idle_s(self._clock.now()) if self._owes_probe else None

    def _probe(self) -> ServerError | None:
        """Ask for one token in a thread of its own, and go on looking for progress meanwhile."""
        answer: list[ServerError | None] = []
        asking = threading.Thread(target=lambda: answer.append(self._ask()), daemon=True)
        asking.start()
        deadline = self._clock.now() + self._limits.probe_s
        stillness = Stillness(self._limits)
        while asking.is_alive() and self._clock.now() < deadline and not self._stop.is_set():
            self._clock.pause(asking.join, self._limits.every_s)
            self._owes_probe = asking.is_alive()
            if self._progressed():
                deadline = self._clock.now() + self._limits.probe_s
                stillness = Stillness(self._limits)
            elif asking.is_alive() and stillness.lasts(self._clock.now(), self._watched.cpu_s()):
                return self._hangs(", and it uses no processor time")
        if self._stop.is_set():
            return None
        if not answer:
            return self._hangs()
        self._progress_at = self._clock.now()
        return answer[0]

    def _ask(self) -> ServerError | None:
        """None if any response came, a refusal included. The end of its process is detected elsewhere."""
        watched = self._watched
        try:
            prove_token(watched.base_url, watched.model, watched.key, timeout=ASKS_NO_LONGER_S)
        except (ServerHangs, ServerDied):
            return self._hangs()
        except ServerError:
            return None
        return None

    def _hangs(self, also: str = "") -> ServerHangs:
        silent = f"nothing computed for {self.silent_s:.0f} s"
        return ServerHangs(f"{self._watched.base_url} hangs: {silent}, no answer to a probe{also}")
