"""The search: stage by stage from the best so far, bad settings left early, the gain measured in turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log, sqrt
from statistics import fmean, stdev

from benchkit.errors import ServerError
from benchkit.running.tuning.settings import Box, Candidate, applied, stages
from benchkit.serving.speed.measuring import Load, Speed

MUCH_SLOWER = 0.8  # of the best so far: not worth a second measurement
BETTER = 1.03  # or it is the same
SEARCH_SHARE = 0.7  # of the budget; the rest is for the gain
MOST_TURNS = 5
# Student's two-sided 95% by degrees of freedom.
_T = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57}


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
    """Keeps the clock and all that was tried; `measure` serves a candidate and measures it."""

    box: Box
    has_gpu: bool
    measure: Callable[[Candidate, int], Speed]
    budget_s: float
    say: Callable[[str], None]
    tried: list[Tried] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def best(self, start: Candidate) -> Candidate:
        """The fastest that was found within the budget; `start` where nothing is better."""
        best, speed = start, self._speed_of(start, None)
        if speed is None:
            return start
        for name, values in stages(self.box, self.has_gpu):
            chosen, stage_speed = best, speed
            for key, value in values:
                candidate = applied(best, key, value)
                if candidate == best or self._seen(candidate):
                    continue
                if self._spent() > SEARCH_SHARE * self.budget_s:
                    self.say(f"the budget is used up: {name} and what follows is left as it is")
                    return best
                reached = self._speed_of(candidate, stage_speed)
                if reached is not None and reached > BETTER * stage_speed:
                    chosen, stage_speed = candidate, reached
            best, speed = chosen, stage_speed
        return best

    def _seen(self, candidate: Candidate) -> bool:
        return any(one.candidate == candidate for one in self.tried)

    def _spent(self) -> float:
        return time.monotonic() - self.began

    def _speed_of(self, candidate: Candidate, best: float | None) -> float | None:
        if not self.box.fits(candidate):
            self._note(Tried(candidate, None, "not started: by the estimate it does not fit"))
            return None
        try:
            speed = self.measure(candidate, 1)
            if best is None or speed.tokens_per_second > MUCH_SLOWER * best:
                speed = self.measure(candidate, 2)
        except ServerError as error:
            self._note(Tried(candidate, None, f"failed: {error}"))
            return None
        note = "disturbed by other programs" if speed.disturbed else ""
        self._note(Tried(candidate, speed.tokens_per_second, note))
        return speed.tokens_per_second

    def _note(self, one: Tried) -> None:
        self.tried.append(one)
        speed = "–" if one.tokens_per_second is None else f"{one.tokens_per_second:.1f} tokens/s"
        self.say(f"{one.candidate}: {speed}{f' ({one.note})' if one.note else ''}")

    def gain(self, start: Candidate, best: Candidate) -> Gain:
        """In turns, so that a machine that slows down slows both."""
        ratios: list[float] = []
        while len(ratios) < MOST_TURNS and (len(ratios) < 2 or self._spent() < self.budget_s):
            pair = (start, best) if len(ratios) % 2 == 0 else (best, start)
            speeds = {one: self.measure(one, 1).tokens_per_second for one in pair}
            ratios.append(log(speeds[best] / speeds[start]))
        return gain_of(ratios)


def gain_of(ratios: list[float]) -> Gain:
    """From the logarithms of the ratios of each turn."""
    middle = fmean(ratios)
    if len(ratios) < 2:
        return Gain(exp(middle), None, len(ratios))
    reach = _T[min(len(ratios) - 1, 5)] * stdev(ratios) / sqrt(len(ratios))
    return Gain(exp(middle), (exp(middle - reach), exp(middle + reach)), len(ratios))


def load_of(candidate: Candidate, prompt_tokens: int, tokens: int) -> Load:
    """This kind of work, with as many requests as there are slots."""
    return Load(prompt_tokens, tokens, candidate.slots)
