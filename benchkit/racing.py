"""Which models of a race can be stopped: evidence that holds however often one looks.

All models answer the same finite set of problems in one random order. A model is *wanted* when it would be
among those asked for once every problem was answered; of a tie all are wanted. The chance that a whole race
stops even one wanted model is at most `error`, whatever the number of models and looks, and whoever is asked
when. Why:

The *bar* is what the finished models set: the total of the best of them, of the third best for top3, less
the margin. It only ever rises, and a wanted model's own total is never below it: who has fewer than the third
best of the finished ones has fewer than the third best of all.

Against each model a gambler bets, problem by problem, that its total is below a given one. What comes is
drawn without replacement from a finite set, so the fair price of the next bet is known (betting on sampling
without replacement: Waudby-Smith and Ramdas, 2020). At the model's own total the game is fair: that the
wealth is ever k / error has a chance of at most error / k. Bets on "below the bar" never win more than bets
on "below the total" of a model whose total is not below the bar. So it does not matter that the bar depends
on what the others solved, nor that all answer in the same order.

A model is stopped where that wealth was ever k / error, k being the number of models that are neither stopped
nor certainly below the bar (Holm, 1979). Were a wanted one stopped, take the first such: of the w wanted
models none was stopped before, and none is below the bar, so its wealth was w / error at least. That happens
to each of w models with a chance of at most error / w, to any of them with at most `error`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

ERROR = 0.05
GOALS = "best, top3 or 'within 5 points of the best'"
STAKES = (0.5, 0.9)
"""Shares of the largest possible bet, played side by side: which one is best depends on the models."""
INTERVAL_STAKES = (0.03, 0.08, 0.2, 0.4, 0.7)
"""An interval's ends are near to what was seen, where a small stake wins more than a large one."""

FIRST_ROUND = 8  # problems, or as many more as fill all slots
TINY = 1e-9  # sums of thirds are not exact


@dataclass(frozen=True)
class Goal:
    """The first `places`, or all whose score is at most `margin` (a share of the problems) below the best."""

    places: int = 1
    margin: float = 0.0

    @property
    def in_words(self) -> str:
        """What a model that is wanted is."""
        if self.margin:
            return str(self)
        return "the best" if self.places == 1 else f"among the best {self.places}"

    @classmethod
    def parse(cls, text: str) -> Goal:
        """`best`, `top3`, `within 5 points of the best`; ValueError where it is none of them."""
        words = " ".join(str(text).split()).casefold()
        if words == "best":
            return cls()
        if match := re.fullmatch(r"top ?([1-9]\d?)", words):
            return cls(places=int(match[1]))
        if match := re.fullmatch(r"within (\d{1,2}(?:\.\d+)?) points? of the best", words):
            return cls(margin=float(match[1]) / 100)
        raise ValueError(text)

    def __str__(self) -> str:
        if self.margin:
            return f"within {100 * self.margin:g} points of the best"
        return "best" if self.places == 1 else f"top{self.places}"


@dataclass(frozen=True)
class Elimination:
    """A model that can be wanted no more, after how many problems, and who has set the bar."""

    model: str
    problems: int
    solved: float  # of them
    rival: str  # who has the last place that is asked for
    certain: bool  # it could not reach the bar even if it solved all the rest


Outcomes = Sequence[float | None]
"""Of the first problems in the race's order, 0 to 1, several samples averaged; None: not known."""


class Race:
    """The evidence so far; who has all problems answered is finished, and helps to set the bar."""

    def __init__(self, models: Iterable[str], problems: int, goal: Goal, error: float = ERROR) -> None:
        self.stopped: dict[str, Elimination] = {}
        self._outcomes: dict[str, Outcomes] = {model: () for model in models}
        self._problems, self._goal, self._error = problems, goal, error

    def tell(self, model: str, outcomes: Outcomes) -> None:
        """All that this one has answered by now; no model is stopped for an answer that nobody knows."""
        self._outcomes[model] = outcomes

    def stop_losers(self) -> list[Elimination]:
        """The models that cannot be wanted any more leave the race: these left just now."""
        before = len(self.stopped)
        while lost := next(filter(self.is_lost, self.running()), None):
            self.stopped[lost] = self._elimination(lost)
        return list(self.stopped.values())[before:]

    def is_lost(self, model: str) -> bool:
        """Whether this one, which is not finished, cannot be wanted any more."""
        if self._last_place() is None:
            return False
        bar = self.bar()
        if self._falls_short(model, bar):
            return True
        answers = [1.0 if one is None else one for one in self._outcomes[model]]
        wealth = _wealth(answers, self._problems, bar, STAKES)[1]
        return wealth >= len(self.still_in()) / self._error

    def running(self) -> list[str]:
        """Who is not finished and not stopped, best standing first."""
        open_ones = [
            name for name in self._outcomes if name not in self.stopped and not self.is_finished(name)
        ]
        return sorted(open_ones, key=self._share, reverse=True)

    def is_finished(self, model: str) -> bool:
        """Whether it has all problems answered."""
        return len(self._outcomes[model]) >= self._problems

    def still_in(self) -> list[str]:
        """Who may be wanted, best standing first."""
        bar = self.bar()
        kept = [
            name for name in self._outcomes if name not in self.stopped and not self._falls_short(name, bar)
        ]
        return sorted(kept, key=self._share, reverse=True)

    def bar(self) -> float:
        """The fewest problems that a wanted model solves, as far as is known."""
        rival = self._last_place()
        return 0.0 if rival is None else self._least(rival) - self._goal.margin * self._problems

    def _last_place(self) -> str | None:
        """Who of the finished ones has the last of the places that are asked for."""
        finished = sorted(filter(self.is_finished, self._outcomes), key=self._least, reverse=True)
        places = self._goal.places
        return finished[places - 1] if len(finished) >= places else None

    def _elimination(self, model: str) -> Elimination:
        rival, certain = self._last_place(), self._falls_short(model, self.bar())
        assert rival is not None
        return Elimination(model, len(self._outcomes[model]), self._least(model), rival, certain)

    def _falls_short(self, model: str, bar: float) -> bool:
        """Whether it could not reach the bar even if it solved all the rest."""
        return self._most(model) < bar - TINY

    def _least(self, model: str) -> float:
        """Solved at least, of those answered."""
        return sum(one or 0.0 for one in self._outcomes[model])

    def _most(self, model: str) -> float:
        """Solved at most, of all problems."""
        unknown = sum(one is None for one in self._outcomes[model])
        return self._least(model) + unknown + self._problems - len(self._outcomes[model])

    def _share(self, model: str) -> float:
        known = [one for one in self._outcomes[model] if one is not None]
        return sum(known) / len(known) if known else 0.0


def order_at_random(ids: Iterable[str], seed: int) -> list[str]:
    """The ids in an order that depends on the seed and on each id alone, on any machine and in any set."""
    from hashlib import sha256  # takes a while to load

    return sorted(ids, key=lambda name: sha256(f"{seed}:{name}".encode()).digest())


def bound_whole_score(
    outcomes: Sequence[float], problems: int, error: float = ERROR, steps_a_problem: int = 1
) -> tuple[float, float]:
    """The share of all problems that a model would solve, from those it answered before it was stopped.

    An interval that holds at the moment of stopping, too, however that moment was chosen.
    """
    solved, left = sum(outcomes), problems - len(outcomes)
    steps = round(left * steps_a_problem)
    limit = 2 / error

    def total(step: int) -> float:
        return solved + step / steps_a_problem

    # A higher total only ever takes from the wealth of those who bet on more, and adds to the others'.
    low = bisect_left(
        range(steps), True, key=lambda step: _wealth(outcomes, problems, total(step))[0] < limit
    )
    high = bisect_left(
        range(steps + 1), True, key=lambda step: _wealth(outcomes, problems, total(step))[1] >= limit
    )
    if high - 1 < low:  # hardly ever: both sides were refuted, at different moments
        estimate = (solved + left * solved / max(1, len(outcomes))) / problems
        return estimate, estimate
    return total(low) / problems, total(high - 1) / problems


@dataclass(frozen=True)
class Difference:
    """How far a model would be ahead of another on all problems, as a share of them."""

    interval: tuple[float, float]
    p: float


def compare_parts(differences: Sequence[float], problems: int, error: float = ERROR) -> Difference:
    """From the common problems of two models of which one was stopped, in the order they were asked."""
    shifted = [(difference + 1) / 2 for difference in differences]
    low, high = bound_whole_score(shifted, problems, error, steps_a_problem=2)
    return Difference((2 * low - 1, 2 * high - 1), p_of_parts(differences, problems))


def p_of_parts(differences: Sequence[float], problems: int) -> float:
    """The p of "both solve as many of all problems", two-sided, at whatever moment it is looked at."""
    shifted = [(difference + 1) / 2 for difference in differences]
    return min(1.0, 2 / max(_wealth(shifted, problems, problems / 2)))


def _wealth(
    outcomes: Sequence[float], problems: int, total: float, stakes: Sequence[float] = INTERVAL_STAKES
) -> tuple[float, float]:
    """The most that bets on more than this total, and on less, have come to at any moment."""
    above, below = [1.0] * len(stakes), [1.0] * len(stakes)
    most_above = most_below = 1.0
    solved = 0.0
    for count, outcome in enumerate(outcomes):
        mean = (total - solved) / (problems - count)
        if mean < -TINY:
            return inf, most_below
        if mean > 1 + TINY:
            return most_above, inf
        if mean > TINY:
            above = [
                held * (1 + stake * (outcome / mean - 1)) for held, stake in zip(above, stakes, strict=True)
            ]
        elif outcome > 0:
            return inf, most_below
        if mean < 1 - TINY:
            fall = (1 - outcome) / (1 - mean) - 1
            below = [held * (1 + stake * fall) for held, stake in zip(below, stakes, strict=True)]
        elif outcome < 1:
            return most_above, inf
        most_above = max(most_above, sum(above) / len(stakes))
        most_below = max(most_below, sum(below) / len(stakes))
        solved += outcome
    return most_above, most_below
