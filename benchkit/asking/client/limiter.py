"""How fast one provider is asked, by all askers together: as fast as it allows, found out by asking.

Until the first refusal nothing waits. At one, all pause, as long as the provider wishes, and go on evenly
spaced, at no less than half the speed. Each answer makes it faster: quickly up to what was allowed before,
slowly beyond. All is counted in answers and not in seconds, so that it holds for a limit of ten a minute as
for ten a second.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Event, Lock

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0  # where the provider wishes none; doubled each time
LEAST_OF_BEFORE = 0.5  # of the speed, after a refusal
LEAST = 1 / 60  # questions a second: below that it is the pauses that count
QUICKLY, SLOWLY = 0.01, 0.001  # what each answer adds to the speed: doubled after 70, after 700
HASTE = 0.0001  # … and the more with each answer since the last refusal: it may have been a mere crowd
CATCHES_UP = 3  # questions that may follow at once where askers came late
REMEMBERED = 30  # answers whose speed counts
SHORTEST_S = 1e-3
KNOWN_SAFE = 0.9  # of the speed at which the last refusal came


class Pace:
    """The state of it, by a clock that is told: seconds of no matter which moment."""

    def __init__(self) -> None:
        self.rate: float | None = None  # requests a second; None: no limit was met so far
        self.refusals_in_a_row = 0
        self.turn = (
            0  # counts the refusals that changed the pace; an older question's refusal changes nothing
        )
        self.last_answer: float | None = None
        self._ceiling = 0.0  # the speed at which the last refusal came
        self._next = 0.0
        self._resumed: float | None = None  # the first question since the last refusal
        self._sent = self._since_refusal = 0  # questions and answers since then
        self._answers: deque[float] = deque(maxlen=REMEMBERED)

    def wait_s(self, now: float) -> float:
        """How long until the next question may go; 0 takes the turn."""
        if now < self._next:
            return self._next - now
        self._resumed = now if self._resumed is None else self._resumed
        self._sent += 1
        if self.rate is not None:
            self._next = max(self._next, now - CATCHES_UP / self.rate) + 1 / self.rate
        return 0.0

    def note_answer(self, now: float) -> None:
        self.last_answer, self.refusals_in_a_row = now, 0
        self._answers.append(now)
        if self.rate is not None:
            self._since_refusal += 1
            beyond = min(QUICKLY, SLOWLY + HASTE * self._since_refusal)
            self.rate *= 1 + (QUICKLY if self.rate < self._ceiling * KNOWN_SAFE else beyond)

    def note_refusal(self, now: float, turn: int, wished_s: float | None) -> None:
        """A refusal of a question that was sent at this turn."""
        if turn != self.turn:  # of the crowd that the last one was of
            self._next = max(self._next, now + (wished_s or 0.0))
            return
        self._slow_down(now)
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**self.refusals_in_a_row)
        self._next = now + (pause if wished_s is None else wished_s)
        self.turn += 1
        self.refusals_in_a_row += 1
        self._resumed, self._sent, self._since_refusal = None, 0, 0

    def _slow_down(self, now: float) -> None:
        """To the speed of the answers of late, for that was allowed; to no less than half.

        A second refusal without an answer between tells nothing of the speed: the pauses grow instead.
        """
        if self.refusals_in_a_row and self.rate is not None:
            return
        speed = self._sent / max(now - (self._resumed or 0.0), SHORTEST_S)
        before = self._ceiling = speed if self.rate is None else self.rate
        slower = max(before * LEAST_OF_BEFORE, self._speed_of_answers(now), LEAST)
        self.rate = min(before, slower)

    def _speed_of_answers(self, now: float) -> float:
        return len(self._answers) / max(now - self._answers[0], SHORTEST_S) if self._answers else 0.0


class Limiter:
    """One provider's pace, for several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace, self._clock, self._lock = Pace(), clock, Lock()
        self._begun = clock()

    def wait(self, stopping: Event) -> int:
        """Wait for a question's turn, or for the end of all; the turn is what a refusal is told with."""
        while True:
            with self._lock:
                pause = self._pace.wait_s(self._clock())
                if not pause:
                    return self._pace.turn
            if stopping.wait(pause):
                return -1

    def note_answer(self) -> None:
        with self._lock:
            self._pace.note_answer(self._clock())

    def note_refusal(self, turn: int, wished_s: float | None) -> None:
        with self._lock:
            self._pace.note_refusal(self._clock(), turn, wished_s)

    @property
    def unanswered_s(self) -> float:
        """How long nobody has had an answer."""
        with self._lock:
            last = self._pace.last_answer
            return self._clock() - (self._begun if last is None else last)
