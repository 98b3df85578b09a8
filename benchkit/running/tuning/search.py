"""The search: stage by stage from the best so far, bad settings left early, the gain measured in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from math import exp, inf, log, sqrt
from statistics import fmean, stdev
from typing import Protocol

from benchkit.errors import ServerError
from benchkit.running.tuning.deadline import OutOfTime
from benchkit.running.tuning.settings import SLOT_STEPS, SLOTS_STAGE, Box, Candidate, applied, stages
from benchkit.serving.speed.measuring import Speed
from benchkit.serving.speed.slots import still_grows

MUCH_SLOWER = 0.8  # of the best so far: not worth a second measurement
GIVE_UP = 2.0  # times as long as the fastest
LEAST_PATIENCE_S = 3.0  # a moment in which others take the processor is no reason to give up
BETTER = 1.03  # or it is the same
SEARCH_SHARE = 0.7  # of the budget; the rest is for the gain
MOST_TURNS = 5
DOES_NOT_FIT = "not started: by the estimate it does not fit"
# Student's two-sided 95% by degrees of freedom.
_T = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57}


class Measure(Protocol):
    """Measures a server that runs."""

    def __call__(self, at_once: int, times: int, limit_s: float = inf) -> Speed:
        """With so many requests at once, so often; OutOfTime when it takes longer than the limit."""


Serve = Callable[[Candidate], AbstractContextManager[Measure]]


@dataclass(frozen=True)
class Tried:
    """A candidate and what came of it."""

    candidate: Candidate
    tokens_per_second: float | None  # None: not started, or it failed
    note: str = ""


@dataclass(frozen=True)
class Gain:
    """How many times faster than the defaults, with its interval at 95%; None where it was measured once."""

    factor: float
    interval: tuple[float, float] | None
    turns: int


@dataclass
class Search:
    """Keeps the clock and all that was tried; `serve` starts a candidate's server for measuring."""

    box: Box
    has_gpu: bool
    serve: Serve
    budget_s: float
    say: Callable[[str], None]
    tried: list[Tried] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _longest_s: float = 0.0  # of all candidates so far
    _one_s: dict[int, float] = field(default_factory=dict)  # of the fastest with so many at once

    def best(self, start: Candidate) -> Candidate:
        """The fastest that was found within the budget; `start` where nothing is better.

        OutOfTime where not even the first was measured.
        """
        best, speed = start, self._speed_of(start, None)
        if speed is None:
            return start
        for name, values in stages(self.box, self.has_gpu):
            try:
                if name == SLOTS_STAGE:
                    best, speed = self._best_slots(best, speed)
                else:
                    best, speed = self._best_of([applied(best, *value) for value in values], best, speed)
            except OutOfTime:
                self.say(f"the budget is used up: {name} and what follows is left as it is")
                return best
        return best

    def _best_of(self, candidates: list[Candidate], best: Candidate, speed: float) -> tuple[Candidate, float]:
        before = speed
        for candidate in candidates:
            if candidate == best or self._seen(candidate):
                continue
            self._check_time(self._longest_s)
            reached = self._speed_of(candidate, before)
            if reached is not None and reached > BETTER * speed:
                best, speed = candidate, reached
        return best, speed

    def _best_slots(self, best: Candidate, speed: float) -> tuple[Candidate, float]:
        """All of them on one server that has the most: how many are asked at once is what counts."""
        fitting = [slots for slots in SLOT_STEPS if self.box.fits(replace(best, slots=slots))]
        for slots in SLOT_STEPS[len(fitting) :]:
            self._note(Tried(replace(best, slots=slots), None, DOES_NOT_FIT))
        if len(fitting) < 2:
            return best, speed
        self._check_time(self._longest_s)
        curve: list[tuple[int, float]] = []
        try:
            self._measure_slots(best, fitting, curve)
        except ServerError as error:
            self._note(Tried(replace(best, slots=fitting[-1]), None, f"failed: {error}"))
        except OutOfTime:
            if not curve:
                raise
        here = dict(curve).get(best.slots, speed)  # on this server
        slots, fastest = max(curve, key=lambda one: one[1], default=(best.slots, here))
        if fastest <= BETTER * here:
            return best, speed
        return replace(best, slots=slots), speed * fastest / here

    def _measure_slots(self, best: Candidate, fitting: Sequence[int], curve: list[tuple[int, float]]) -> None:
        """Until more of them gain nothing; `curve` has what there is also where this breaks off."""
        with self.serve(replace(best, slots=fitting[-1])) as measure:
            for slots in fitting:
                began = time.monotonic()
                speed = measure(slots, 1)
                self._one_s.setdefault(slots, time.monotonic() - began)
                curve.append((slots, speed.tokens_per_second))
                if slots != best.slots:  # it was measured with as many slots as it needs
                    self._note_speed(replace(best, slots=slots), speed)
                if not still_grows(curve):
                    return
                self._check_time(2 * (time.monotonic() - began))  # of twice as many at once

    def _seen(self, candidate: Candidate) -> bool:
        return any(one.candidate == candidate for one in self.tried)

    def _spent(self) -> float:
        return time.monotonic() - self.began

    def _check_time(self, needed_s: float) -> None:
        """What would not end within the search's share of the budget is not begun."""
        if self._spent() + needed_s > SEARCH_SHARE * self.budget_s:
            raise OutOfTime

    def _speed_of(self, candidate: Candidate, best: float | None) -> float | None:
        if not self.box.fits(candidate):
            self._note(Tried(candidate, None, DOES_NOT_FIT))
            return None
        began = time.monotonic()
        try:
            with self.serve(candidate) as measure:
                speed = self._measured(measure, candidate, best)
        except ServerError as error:
            self._note(Tried(candidate, None, f"failed: {error}"))
            return None
        finally:
            self._longest_s = max(self._longest_s, time.monotonic() - began)
        if speed is None:
            self._note(Tried(candidate, None, f"given up: slower than half of {best:.1f} tokens/s"))
            return None
        self._note_speed(candidate, speed)
        return speed.tokens_per_second

    def _measured(self, measure: Measure, candidate: Candidate, best: float | None) -> Speed | None:
        """Once, and again where it is among the faster ones; None for one that takes far too long."""
        began = time.monotonic()
        try:
            speed = measure(candidate.slots, 1, self._limit_s(candidate))
        except OutOfTime:
            if self._spent() >= self.budget_s:
                raise
            return None
        took = time.monotonic() - began
        self._one_s[candidate.slots] = min(took, self._one_s.get(candidate.slots, inf))
        if best is None or speed.tokens_per_second <= MUCH_SLOWER * best:
            return speed
        return measure(candidate.slots, 2)

    def _limit_s(self, candidate: Candidate) -> float:
        return max(LEAST_PATIENCE_S, GIVE_UP * self._one_s.get(candidate.slots, inf))

    def _note_speed(self, candidate: Candidate, speed: Speed) -> None:
        note = "disturbed by other programs" if speed.disturbed else ""
        self._note(Tried(candidate, speed.tokens_per_second, note))

    def _note(self, one: Tried) -> None:
        self.tried.append(one)
        speed = "–" if one.tokens_per_second is None else f"{one.tokens_per_second:.1f} tokens/s"
        self.say(f"{one.candidate}: {speed}{f' ({one.note})' if one.note else ''}")

    def gain(self, start: Candidate, best: Candidate) -> Gain:
        """In turns, so that a machine that slows down slows both; where no time is left, by the search."""
        ratios: list[float] = []
        try:
            while len(ratios) < MOST_TURNS and self._spent() + 2 * self._longest_s <= self.budget_s:
                pair = (start, best) if len(ratios) % 2 == 0 else (best, start)
                measured = {one: self._measured_once(one) for one in pair}
                ratios.append(log(measured[best] / measured[start]))
        except (OutOfTime, ServerError):
            pass
        if ratios:
            return gain_of(ratios)
        speeds = {one.candidate: one.tokens_per_second for one in reversed(self.tried)}
        return Gain((speeds[best] or 0.0) / (speeds[start] or 1.0), None, 0)

    def _measured_once(self, candidate: Candidate) -> float:
        with self.serve(candidate) as measure:
            return measure(candidate.slots, 1).tokens_per_second


def gain_of(ratios: list[float]) -> Gain:
    """From the logarithms of the ratios of each turn."""
    middle = fmean(ratios)
    if len(ratios) < 2:
        return Gain(exp(middle), None, len(ratios))
    reach = _T[min(len(ratios) - 1, 5)] * stdev(ratios) / sqrt(len(ratios))
    return Gain(exp(middle), (exp(middle - reach), exp(middle + reach)), len(ratios))
