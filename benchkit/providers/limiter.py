"""Limits the rate of requests to one provider, over all threads, to what its refusals show to be allowed.

Until the first refusal nothing waits. After a refusal all requests pause, as long as the provider asks for,
and go on evenly spaced, at no less than half the rate. Each answer raises the rate: quickly up to the rate of
the last refusal, slowly beyond. Steps are counted in answers and not in seconds, so that the same constants
suit a limit of ten a minute and one of ten a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from benchkit.contract import Variable
from benchkit.providers.shared_state import SharedState

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0  # where the provider names none; doubled each time
LEAST_OF_BEFORE = 0.5  # of the rate, after a refusal
LEAST = 1 / 60  # questions a second; below that, pauses alone limit the rate
QUICKLY, SLOWLY = 0.01, 0.001  # what each answer adds to the rate: doubled after 70, after 700
HASTE = 0.0001  # added for each answer since the last refusal, which may have been a burst
CATCHES_UP = 3  # questions that may follow at once after an idle time
REMEMBERED = 30  # latest answers, from which the rate is measured
SHORTEST_S = 1e-3
KNOWN_SAFE = 0.9  # of the rate at which the last refusal came


@dataclass
class RequestRate:
    """The rate and its history; callers pass the time, in seconds from any origin.

    All fields are plain data: several processes may share it in a file.
    """

    rate: float | None = None  # requests a second; None: no limit was met so far
    refusals_in_a_row: int = 0
    turn: int = 0  # counts refusals; one of a question that was sent in an earlier turn changes nothing
    last_answer: float | None = None
    ceiling: float = 0.0  # the rate at which the last refusal came
    next: float = 0.0  # when the next question may go
    resumed: float | None = None  # the first question since the last refusal
    sent: int = 0  # questions since then
    since_refusal: int = 0  # answers since then
    answers: list[float] = field(default_factory=list)  # when the latest ones came

    def wait_s(self, now: float) -> float:
        """How long until the next question may go; 0 takes the turn."""
        if now < self.next:
            return self.next - now
        self.resumed = now if self.resumed is None else self.resumed
        self.sent += 1
        if self.rate is not None:
            self.next = max(self.next, now - CATCHES_UP / self.rate) + 1 / self.rate
        return 0.0

    def note_answer(self, now: float) -> None:
        self.last_answer, self.refusals_in_a_row = now, 0
        self.answers = [*self.answers[1 - REMEMBERED :], now]
        if self.rate is not None:
            self.since_refusal += 1
            beyond = min(QUICKLY, SLOWLY + HASTE * self.since_refusal)
            self.rate *= 1 + (QUICKLY if self.rate < self.ceiling * KNOWN_SAFE else beyond)

    def note_refusal(self, now: float, turn: int, wished_s: float | None) -> None:
        """A refusal of a question that was sent at this turn."""
        if turn != self.turn:  # of a question that was sent before the last refusal
            self.next = max(self.next, now + (wished_s or 0.0))
            return
        self._slow_down(now)
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**self.refusals_in_a_row)
        self.next = now + (pause if wished_s is None else wished_s)
        self.turn += 1
        self.refusals_in_a_row += 1
        self.resumed, self.sent, self.since_refusal = None, 0, 0

    def _slow_down(self, now: float) -> None:
        """Lower the rate to that of the latest answers, which was allowed; to no less than half.

        A second refusal without an answer between says nothing about the rate: the pauses grow instead.
        """
        if self.refusals_in_a_row and self.rate is not None:
            return
        speed = self.sent / max(now - (self.resumed or 0.0), SHORTEST_S)
        before = self.ceiling = speed if self.rate is None else self.rate
        slower = max(before * LEAST_OF_BEFORE, self._speed_of_answers(now), LEAST)
        self.rate = min(before, slower)

    def _speed_of_answers(self, now: float) -> float:
        return len(self.answers) / max(now - self.answers[0], SHORTEST_S) if self.answers else 0.0


def find_shared_pace(base_url: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The file in which concurrent runs share the rate of this address; None for a single run."""
    from hashlib import sha256  # loads OpenSSL, which a run alone does not need

    folder = environment.get(Variable.PACE)
    return Path(folder) / f"{sha256(base_url.encode()).hexdigest()[:16]}.json" if folder else None


class Limiter:
    """One provider's rate, for all threads, and for several processes where a file is given."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, shared: Path | None = None) -> None:
        self._pace, self._clock, self._lock = RequestRate(), clock, Lock()
        self._shared = SharedState(shared, RequestRate) if shared is not None else None
        self._begun = clock()

    @contextmanager
    def _held(self) -> Iterator[RequestRate]:
        with self._lock:
            if self._shared is None:
                yield self._pace
                return
            with self._shared.changing(self._pace) as self._pace:
                yield self._pace

    def wait(self, stopping: Event) -> int:
        """Wait until a question may be sent, or `stopping` is set; returns the turn, for note_refusal."""
        while True:
            with self._held() as pace:
                pause = pace.wait_s(self._clock())
                if not pause:
                    return pace.turn
            if stopping.wait(pause):
                return -1

    def note_answer(self) -> None:
        with self._held() as pace:
            pace.note_answer(self._clock())

    def note_refusal(self, turn: int, wished_s: float | None) -> None:
        with self._held() as pace:
            pace.note_refusal(self._clock(), turn, wished_s)

    @property
    def unanswered_s(self) -> float:
        """Seconds since the last answer to anyone, or since this limiter began."""
        with self._held() as pace:
            return self._clock() - max(self._begun, pace.last_answer or self._begun)
