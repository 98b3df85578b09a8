"""Which models of a race can be stopped: paired evidence that holds however often one looks.

All models answer the same finite set of problems in one random order. A model is *wanted* when it would be
among those asked for once every problem was answered; of a tie all are wanted. After any round a model may
be stopped, and the chance that a whole race stops even one wanted model is at most `error`.

How: for each pair the wealth of a gambler who bets that one model has the higher total. A bet is fair or
worse as long as that is false, whatever came before, since the problems still to come are known in number
(betting on sampling without replacement: Waudby-Smith and Ramdas, 2020). Wealth is then an e-value at every
moment, and averages of e-values are e-values: over the rivals of one model, and over the models of an
intersection in a closed test, which is what keeps the promise for all models together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

ERROR = 0.05
STAKES = (0.03, 0.08, 0.2, 0.4, 0.7)
"""Shares of the largest possible bet, played side by side: which one is best depends on the models."""


@dataclass(frozen=True)
class Goal:
    """The first `places`, or all whose score is at most `margin` (a share of the problems) below the best."""

    places: int = 1
    margin: float = 0.0

    def __str__(self) -> str:
        if self.margin:
            return f"within {100 * self.margin:g} points of the best"
        return "best" if self.places == 1 else f"top{self.places}"


@dataclass(frozen=True)
class Elimination:
    """A model that can be wanted no more, by which of its rivals and after how many problems."""

    model: str
    problems: int
    rival: str  # the one that the evidence is strongest for
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
        self._totals = dict.fromkeys(models, 0.0)
        self._wealth = {one: {two: [1.0] * len(STAKES) for two in models if two != one} for one in models}
        """For a model and a rival: what the bets on the rival's higher total have come to."""

    def add(self, outcomes: Mapping[str, float]) -> None:
        """What each running model made of the next problem, 0 to 1; several samples are averaged."""
        for model in self.running:
            for rival, wealth in self._wealth[model].items():
                if rival in outcomes and rival in self.running:
                    self._bet(wealth, outcomes[rival] - outcomes[model], self._expected(model, rival))
        for model in self.running:
            self._totals[model] += outcomes[model]
        self.answered += 1

    def _expected(self, model: str, rival: str) -> float:
        """The highest mean difference of the problems to come at which the model would still be wanted."""
        still = self._goal.margin * self._problems - (self._totals[rival] - self._totals[model])
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
        evidence = {model: self._evidence(model) for model in self.running}
        stopped = [model for model in self.running if self._is_rejected(model, evidence)]
        found = [self._elimination(model) for model in stopped]
        self.running = [model for model in self.running if model not in stopped]
        return found

    def _evidence(self, model: str) -> float:
        """An e-value against "this model is wanted": all places but one may go to better rivals."""
        held = sorted(sum(wealth) / len(STAKES) for wealth in self._wealth[model].values())
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
        rival = max(self._wealth[model], key=lambda name: sum(self._wealth[model][name]))
        behind = self._totals[rival] - self._totals[model]
        certain = self._certainly_ahead(model) >= self._goal.places
        return Elimination(model, self.answered, rival, behind, certain)

    def _certainly_ahead(self, model: str) -> int:
        left = self._problems - self.answered
        bound = self._totals[model] + left + self._goal.margin * self._problems
        return sum(self._totals[rival] > bound for rival in self.running if rival != model)


def bound_whole_score(outcomes: Sequence[float], problems: int, error: float = ERROR) -> tuple[float, float]:
    """The share of all problems that a model would solve, from those it answered before it was stopped.

    An interval that holds at the moment of stopping, too, however that moment was chosen.
    """
    solved, left = sum(outcomes), problems - len(outcomes)
    low, high = solved, solved + left
    steps = round(high - low) or 1
    totals = [low + (high - low) * step / steps for step in range(steps + 1)]
    kept = [total for total in totals if _is_plausible(outcomes, problems, total, 2 / error)]
    if not kept:
        kept = [low + left * solved / len(outcomes)]
    return kept[0] / problems, kept[-1] / problems


def _is_plausible(outcomes: Sequence[float], problems: int, total: float, limit: float) -> bool:
    """Whether bets against this total, from above and from below, have stayed small."""
    above, below = [1.0] * len(STAKES), [1.0] * len(STAKES)
    solved = 0.0
    for count, outcome in enumerate(outcomes):
        mean = (total - solved) / (problems - count)
        if not 0 <= mean <= 1:
            return False
        if mean > 0:
            above = [
                held * (1 + stake * (outcome / mean - 1)) for held, stake in zip(above, STAKES, strict=True)
            ]
        if mean < 1:
            fall = (1 - outcome) / (1 - mean) - 1
            below = [held * (1 + stake * fall) for held, stake in zip(below, STAKES, strict=True)]
        if max(sum(above), sum(below)) / len(STAKES) >= limit:
            return False
        solved += outcome
    return True
