"""Which models of a race can be stopped: paired evidence that holds however often one looks.

All models answer the same finite set of problems in one random order. A model is *wanted* when it would be
among those asked for once every problem was answered; of a tie all are wanted. After any round a model may
be stopped, and the chance that a whole race stops even one wanted model is at most `error`.

How: for each model the wealth of a gambler who bets, problem by problem, that whoever leads at the moment has
the higher total. A bet is fair or worse as long as the model is wanted, whatever came before, since the
problems still to come are known in number (betting on sampling without replacement: Waudby-Smith and Ramdas,
2020), and the choice of the leader uses nothing but what came before. Wealth is then an e-value at every
moment, and the most that it ever was is evidence. Averages of e-values are e-values: over the rivals of a
model where several places are wanted, so that no single one of them is the one to beat, and over the models
of an intersection in a closed test, which is what keeps the promise for all models together.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

ERROR = 0.05
GOALS = "best, top3 or 'within 5 points of the best'"
STAKES = (0.5, 0.9)
"""Shares of the largest possible bet, played side by side: which one is best depends on the models."""
PURSES = (1 / 3, 2 / 3)
"""What is played with each of them at first: bold bets end a race of few problems, others one of many."""
INTERVAL_STAKES = (0.03, 0.08, 0.2, 0.4, 0.7)
"""An interval's ends are near to what was seen, where a small stake wins more than a large one."""
LEADER = ""  # who that is changes with each problem

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
    """A model that can be wanted no more, by which of its rivals and after how many problems."""

    model: str
    problems: int
    rival: str  # who has the last place that is asked for
    behind: float  # the difference so far, in problems
    certain: bool  # it could not catch up even if it solved all the rest


class Race:
    """The evidence so far; fed problem by problem, asked after each round."""

    def __init__(self, models: Sequence[str], problems: int, goal: Goal, error: float = ERROR) -> None:
        self.running = list(models)
        self.answered = 0
        self._problems = problems
        self._goal = goal
        self._error = error
        # They differ where an answer could not be judged: then each model has the benefit of the doubt.
        self._least = dict.fromkeys(models, 0.0)
        self._most = dict.fromkeys(models, 0.0)
        self._wealth = {model: self._first_wealth(model, models) for model in models}
        """For a model and whom is bet on against it: what the bets have come to, one for each stake."""
        self._refuted: set[str] = set()

    def _first_wealth(self, model: str, models: Sequence[str]) -> dict[str, list[float]]:
        rivals = [LEADER] if self._goal.places == 1 else [one for one in models if one != model]
        return {rival: list(PURSES) for rival in rivals}

    def add(self, outcomes: Mapping[str, float | None]) -> None:
        """What each running model made of the next problem, 0 to 1; several samples are averaged.

        None is an answer that could not be judged: no model is stopped for it, be it its own or a rival's.
        """
        least = {model: outcomes[model] or 0.0 for model in self.running}
        most = {model: 1.0 if (known := outcomes[model]) is None else known for model in self.running}
        for model in self.running:
            for rival, wealth in self._wealth[model].items():
                ahead = self._leaders(model) if rival == LEADER else [rival] if rival in least else []
                if ahead:
                    mean = sum(least[name] for name in ahead) / len(ahead)
                    self._bet(wealth, mean - most[model], self._expected(model, ahead[0]))
        for model in self.running:
            self._least[model] += least[model]
            self._most[model] += most[model]
        self.answered += 1
        self._refute()

    def _leaders(self, model: str) -> list[str]:
        """The best of its rivals before this problem, several where they tie."""
        rivals = [name for name in self.running if name != model]
        top = max((self._least[name] for name in rivals), default=0.0)
        return [name for name in rivals if self._least[name] == top]

    def _behind(self, model: str, rival: str) -> float:
        return self._least[rival] - self._most[model]

    def _expected(self, model: str, rival: str) -> float:
        """The highest mean difference of the problems to come at which the model would still be wanted."""
        still = self._goal.margin * self._problems - self._behind(model, rival)
        return still / (self._problems - self.answered)

    @staticmethod
    def _bet(wealth: list[float], difference: float, expected: float) -> None:
        if expected >= 1:  # whatever comes, the rival does not get ahead: nothing to bet on
            return
        if expected < -1:  # it could not catch up any more even before this problem
            wealth[:] = [inf] * len(wealth)
            return
        if expected == -1:  # it catches up only by winning each problem that is left
            wealth[:] = wealth if difference <= -1 else [inf] * len(wealth)
            return
        gain = (difference - expected) / (1 + expected)
        wealth[:] = [held * (1 + stake * gain) for held, stake in zip(wealth, STAKES, strict=True)]

    def stop_losers(self) -> list[Elimination]:
        """The models that cannot be wanted any more leave the race."""
        stopped = [model for model in self.running if model in self._refuted]
        eliminations = [self._elimination(model) for model in stopped]
        self.running = [model for model in self.running if model not in stopped]
        return eliminations

    def _refute(self) -> None:
        """Evidence once seen stays, also where the end of the round finds less of it."""
        evidence = {model: self._evidence(model) for model in self.running if model not in self._refuted}
        self._refuted |= {model for model in evidence if self._is_rejected(model, evidence)}

    def _evidence(self, model: str) -> float:
        """An e-value against "this model is wanted": all places but one may go to better rivals."""
        held = sorted(map(sum, self._wealth[model].values()))
        counted = held[: len(held) - (self._goal.places - 1)]
        return sum(counted) / len(counted) if counted else 0.0

    def _is_rejected(self, model: str, evidence: Mapping[str, float]) -> bool:
        """Closed testing: each set of running models with this one in it is refuted by its mean evidence."""
        total, count = evidence[model], 1
        for other in sorted(evidence[name] for name in evidence if name != model):
            if other >= total / count:  # from here on every further member would raise the mean
                break
            total, count = total + other, count + 1
        return total / count >= 1 / self._error

    def _elimination(self, model: str) -> Elimination:
        """By the last of the rivals who have the places that are asked for."""
        rivals = [name for name in self.running if name != model]
        rivals.sort(key=lambda name: self._behind(model, name), reverse=True)
        rival = rivals[min(self._goal.places, len(rivals)) - 1]
        behind = self._behind(model, rival)
        certain = self._certainly_ahead(model) >= self._goal.places
        return Elimination(model, self.answered, rival, behind, certain)

    def _certainly_ahead(self, model: str) -> int:
        left = self._problems - self.answered
        bound = left + self._goal.margin * self._problems
        return sum(self._behind(model, rival) > bound for rival in self.running if rival != model)


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


def _wealth(outcomes: Sequence[float], problems: int, total: float) -> tuple[float, float]:
    """The most that bets on more than this total, and on less, have come to at any moment."""
    above, below = [1.0] * len(INTERVAL_STAKES), [1.0] * len(INTERVAL_STAKES)
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
                held * (1 + stake * (outcome / mean - 1))
                for held, stake in zip(above, INTERVAL_STAKES, strict=True)
            ]
        elif outcome > 0:
            return inf, most_below
        if mean < 1 - TINY:
            fall = (1 - outcome) / (1 - mean) - 1
            below = [held * (1 + stake * fall) for held, stake in zip(below, INTERVAL_STAKES, strict=True)]
        elif outcome < 1:
            return most_above, inf
        most_above = max(most_above, sum(above) / len(INTERVAL_STAKES))
        most_below = max(most_below, sum(below) / len(INTERVAL_STAKES))
        solved += outcome
    return most_above, most_below
