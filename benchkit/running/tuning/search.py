"""The search: stage by stage from the best so far, bad settings left early, the near ones in the finals."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from math import inf
from statistics import fmean
from typing import Protocol

from benchkit.errors import ServerError
from benchkit.running.tuning.deadline import OutOfTime
from benchkit.running.tuning.finals import FEWEST_TURNS, NEAR, NO_GAIN, Finals, Gain, choose_finalists
from benchkit.running.tuning.settings import SLOT_STEPS, SLOTS_STAGE, Candidate, TuningLimits, applied, stages
from benchkit.serving.speed.measuring import Speed
from benchkit.serving.speed.slots import still_grows

MUCH_SLOWER = 0.8  # of the best so far: not worth a second measurement
GIVE_UP = 2.0  # times as long as the fastest
LEAST_PATIENCE_S = 3.0  # a moment in which others take the processor is no reason to give up
BETTER = 1.03  # or it is the same
SEARCH_SHARE = 0.75  # of the budget; the rest is for the finals
SLOT_TURNS = 2  # more, of the numbers that are near to the fastest
DISTURBED = "disturbed by other programs"
DOES_NOT_FIT = "not started: by the estimate it does not fit"


class MeasureServer(Protocol):
    """Measures a server that runs."""

    def __call__(self, at_once: int, times: int, limit_s: float = inf) -> Speed:
        """With so many requests at once, so often; OutOfTime when it takes longer than the limit."""


Serve = Callable[[Candidate], AbstractContextManager[MeasureServer]]


@dataclass(frozen=True)
class Tried:
    """A candidate and what came of it."""

    candidate: Candidate
    tokens_per_second: float | None  # None: not started, or it failed
    note: str = ""

    @property
    def disturbed(self) -> bool:
        return self.note == DISTURBED


@dataclass
class Search:
    """Keeps the clock and all that was tried; `serve` starts a candidate's server for measuring."""

    box: TuningLimits
    has_gpu: bool
    serve: Serve
    budget_s: float
    say: Callable[[str], None]
    tried: list[Tried] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _took: dict[Candidate, float] = field(default_factory=dict)  # with the start of its server, the latest
    _one_s: dict[int, float] = field(default_factory=dict)  # of the fastest with so many at once
    _fastest: tuple[Candidate, float] = (Candidate(), 0.0)  # so far

    def best(self, start: Candidate) -> Candidate:
        """The fastest that was found within the budget; `start` where nothing is better.

        OutOfTime where not even the first was measured, ServerError where it cannot be served.
        """
        speed = self._speed_of(start, None)
        if speed is None:
            return start
        self._fastest = start, speed
        for name, values in stages(self.box, self.has_gpu):
            try:
                if name == SLOTS_STAGE:
                    self._try_slots()
                else:
                    self._try_each([applied(self._fastest[0], *value) for value in values])
            except OutOfTime:
                self.say(f"the budget is used up: {name} was not tried to the end, and nothing after it")
                break
        return self._fastest[0]

    def _try_each(self, candidates: list[Candidate]) -> None:
        before = self._fastest[1]
        for candidate in candidates:
            if self._seen(candidate):
                continue
            self._check_time()
            reached = self._speed_of(candidate, before)
            if reached is not None and reached > BETTER * self._fastest[1]:
                self._fastest = candidate, reached

    def _try_slots(self) -> None:
        """All of them on one server that has the most: how many are asked at once is what counts."""
        best, speed = self._fastest
        fitting = [slots for slots in SLOT_STEPS if self.box.fits(replace(best, slots=slots))]
        for slots in SLOT_STEPS[len(fitting) :]:
            self._note(Tried(replace(best, slots=slots), None, DOES_NOT_FIT))
        if len(fitting) < 2:
            return
        self._check_time()
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
        if fastest > BETTER * here:
            self._fastest = replace(best, slots=slots), speed * fastest / here

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
                    break
                self._check_time(2 * (time.monotonic() - began))  # of twice as many at once
            self._measure_again(measure, curve)

    def _measure_again(self, measure: MeasureServer, curve: list[tuple[int, float]]) -> None:
        """Those near to the fastest, in turns, on the server that is there: a moment's noise is no choice."""
        fastest = max(speed for _, speed in curve)
        near = [slots for slots, speed in curve if speed * NEAR >= fastest]
        if len(near) < 2:
            return
        all_of = {slots: [speed] for slots, speed in curve}
        for turn in range(SLOT_TURNS):
            for slots in near if turn % 2 else reversed(near):
                self._check_time(self._one_s[slots])
                all_of[slots].append(measure(slots, 1).tokens_per_second)
            curve[:] = [(slots, fmean(speeds)) for slots, speeds in all_of.items()]

    def _seen(self, candidate: Candidate) -> bool:
        return any(one.candidate == candidate for one in self.tried)

    def _spent(self) -> float:
        return time.monotonic() - self.began

    def _check_time(self, needed_s: float = 0.0) -> None:
        """What is known not to end within the search's share of the budget is not begun."""
        if self._search_left_s() < needed_s or self._search_left_s() <= 0:
            raise OutOfTime

    def _search_left_s(self) -> float:
        return SEARCH_SHARE * self.budget_s - self._spent()

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
            if best is None:  # not even the defaults: nothing else is worth a try
                raise
            return None
        finally:
            self._took[candidate] = time.monotonic() - began
        if speed is None:
            self._note(Tried(candidate, None, f"given up: slower than half of {best:.1f} tokens/s"))
            return None
        self._note_speed(candidate, speed)
        return speed.tokens_per_second

    def _measured(self, measure: MeasureServer, candidate: Candidate, best: float | None) -> Speed | None:
        """Once, and again where it is among the faster ones; None for one that takes far too long."""
        began = time.monotonic()
        try:
            speed = measure(candidate.slots, 1, self._limit_s(candidate))
        except OutOfTime:
            if self._search_left_s() <= 0:
                raise
            return None
        took = time.monotonic() - began
        self._one_s[candidate.slots] = min(took, self._one_s.get(candidate.slots, inf))
        if best is None or speed.tokens_per_second <= MUCH_SLOWER * best:
            return speed
        return measure(candidate.slots, 2)

    def _limit_s(self, candidate: Candidate) -> float:
        """Nothing is waited for longer than the search may take, but for the defaults."""
        limit_s = GIVE_UP * self._one_s.get(candidate.slots, inf)
        return max(LEAST_PATIENCE_S, min(limit_s, self._search_left_s()) if self.tried else limit_s)

    def _note_speed(self, candidate: Candidate, speed: Speed) -> None:
        self._note(Tried(candidate, speed.tokens_per_second, DISTURBED if speed.disturbed else ""))

    def _note(self, one: Tried) -> None:
        self.tried.append(one)
        speed = "–" if one.tokens_per_second is None else f"{one.tokens_per_second:.1f} tokens/s"
        self.say(f"{one.candidate}: {speed}{f' ({one.note})' if one.note else ''}")

    def decide(self, start: Candidate, best: Candidate) -> tuple[Candidate, Gain]:
        """The fastest of those that came near to the best, and its gain over the defaults.

        Where no time is left to measure them in turns, it is the fastest of the search, and of a gain nothing
        is told: the defaults were measured once there, perhaps while other programs held them back.
        """
        speeds = dict.fromkeys((one.candidate for one in self.tried), 0.0)
        speeds |= {one.candidate: speed for one in self.tried if (speed := one.tokens_per_second)}
        finals = Finals(start, self._affordable(choose_finalists(speeds, start, best)))
        with suppress(OutOfTime):
            finals.play(self._measured_once, self._may_measure)
        if not finals.turns or not finals.still_in:
            return best, NO_GAIN
        winner = finals.winner()
        return winner, finals.gain(winner)

    def _affordable(self, finalists: list[Candidate]) -> list[Candidate]:
        """So many that each can be measured some times."""
        while len(finalists) > 1 and not self._may_measure(finalists * FEWEST_TURNS):
            finalists = finalists[:-1]
        return finalists

    def _may_measure(self, candidates: Sequence[Candidate]) -> bool:
        return self._spent() + sum(map(self._expected_s, candidates)) <= self.budget_s

    def _expected_s(self, candidate: Candidate) -> float:
        """As long as it took the last time; one that nobody served yet, as the fastest to be done."""
        return self._took.get(candidate, min(self._took.values(), default=0.0))

    def _measured_once(self, candidate: Candidate) -> float | None:
        began = time.monotonic()
        try:
            with self.serve(candidate) as measure:
                return measure(candidate.slots, 1).tokens_per_second
        except ServerError as error:
            self.say(f"{candidate}: failed: {error}")
            return None
        finally:
            self._took[candidate] = time.monotonic() - began
