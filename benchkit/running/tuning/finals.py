"""The end of the search: its finalists and the defaults measured in turns, until they part or time is up.

One measurement on a busy machine is as much chance as speed. In turns, a machine that slows down slows all
alike; ratios within a turn are what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, inf, log, sqrt
from statistics import fmean, stdev

from benchkit.running.tuning.settings import Candidate

NEAR = 1.35  # times slower than the best of the search: one measurement may be as wrong as that
MOST_FINALISTS = 4  # beside the defaults
FEWEST_TURNS, MOST_TURNS = 3, 15
ENOUGH_TURNS = 5  # where one is left beside the defaults
SAME = log(1.02)  # who differs by less is the same
# Student's two-sided 95% by degrees of freedom.
_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14)


@dataclass(frozen=True)
class Gain:
    """How many times faster than the defaults, with its interval at 95%; None where that is not known."""

    factor: float | None
    interval: tuple[float, float] | None
    turns: int  # that had both


NO_GAIN = Gain(None, None, 0)


def gain_of(ratios: Sequence[float]) -> Gain:
    """From the logarithms of the ratios of each turn."""
    middle = fmean(ratios)
    if len(ratios) < 2:
        return Gain(exp(middle), None, len(ratios))
    reach = _reach(ratios)
    return Gain(exp(middle), (exp(middle - reach), exp(middle + reach)), len(ratios))


def _reach(ratios: Sequence[float]) -> float:
    """From the middle to the ends of its interval."""
    if len(ratios) < 2:
        return inf
    return _T[min(len(ratios) - 1, len(_T)) - 1] * stdev(ratios) / sqrt(len(ratios))


def choose_finalists(tried: Mapping[Candidate, float], start: Candidate, best: Candidate) -> list[Candidate]:
    """The best and who came near to it, the fastest first."""
    near = [one for one, speed in tried.items() if speed * NEAR >= tried.get(best, 0.0) and one != start]
    near.sort(key=lambda one: (one != best, -tried[one]))
    return near[:MOST_FINALISTS]


@dataclass
class Finals:
    """Who is still in, and what each turn measured; `start` stays in as what all are compared with."""

    start: Candidate
    still_in: list[Candidate]
    turns: list[Mapping[Candidate, float]] = field(default_factory=list)

    def play(
        self,
        measure: Callable[[Candidate], float | None],
        may_measure: Callable[[Sequence[Candidate]], bool],
    ) -> None:
        """Turn by turn, as long as `may_measure` has time for all that take part in the next one.

        The defaults take part for the gain alone: where they are too slow for what time is left, the others
        go on without them.
        """
        while self.still_in and not self._over():
            with_start = [self.start, *self.still_in]
            if len(self.turns) < ENOUGH_TURNS and may_measure(with_start):
                self._play_turn(with_start, measure)
            elif len(self.still_in) > 1 and may_measure(self.still_in):
                self._play_turn(self.still_in, measure)
            else:
                return
            self._drop_losers()

    def _over(self) -> bool:
        enough = ENOUGH_TURNS if len(self.still_in) == 1 else MOST_TURNS
        return len(self.turns) >= enough

    def _play_turn(self, those: Sequence[Candidate], measure: Callable[[Candidate], float | None]) -> None:
        """In another order each time; who cannot be measured any more is out."""
        shift = len(self.turns) % len(those)
        turn: dict[Candidate, float] = {}
        for one in (*those[shift:], *those[:shift]):
            if speed := measure(one):
                turn[one] = speed
            elif one in self.still_in:
                self.still_in = [other for other in self.still_in if other != one]
        self.turns.append(turn)

    def ratios(self, one: Candidate, other: Candidate) -> list[float]:
        """Logarithms of how many times faster the first was, turn by turn."""
        return [log(turn[one] / turn[other]) for turn in self.turns if one in turn and other in turn]

    def _drop_losers(self) -> None:
        if len(self.turns) < FEWEST_TURNS or len(self.still_in) < 2:
            return
        leader = self.winner()
        self.still_in = [one for one in self.still_in if one == leader or self._may_win(one, leader)]

    def _may_win(self, one: Candidate, leader: Candidate) -> bool:
        """Not who is proven slower, nor who is proven to be as good as the same."""
        ratios = self.ratios(one, leader)
        return fmean(ratios) + _reach(ratios) > SAME

    def winner(self) -> Candidate:
        """The fastest of those still in; one that may change answers has to be proven faster."""
        ranked = sorted(self.still_in, key=lambda one: -fmean(log(turn[one]) for turn in self.turns))
        safe = [one for one in ranked if not one.may_change_answers]
        if not safe or ranked[0] == safe[0]:
            return ranked[0]
        ratios = self.ratios(ranked[0], safe[0])
        return ranked[0] if fmean(ratios) > _reach(ratios) else safe[0]

    def gain(self, winner: Candidate) -> Gain:
        """Over the defaults; from fewer turns than prove anything none is told."""
        ratios = self.ratios(winner, self.start)
        return gain_of(ratios) if len(ratios) >= FEWEST_TURNS else Gain(None, None, len(ratios))
