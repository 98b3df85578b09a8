"""What a race may save, told before the night: simulated races of made-up models.

A model solves a problem by chance, the more likely the stronger it is and the easier the problem. How far
models and problems lie apart is what was seen of 47 models for a home GPU on HumanEval's 164 problems.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from statistics import fmean

from benchkit.racing import FIRST_ROUND, Goal, Race
from benchkit.settings import SLOTS

SPREAD_OF_PROBLEMS = 1.6
"""Standard deviations on the logistic scale, as that of models is."""
SPREADS: Mapping[str, float] = {
    "of mixed strength": 1.0,
    "rather alike": 0.3,
    "equally strong": 0.0,
}
MOST_SIMULATED = 12
WORK = 250_000  # models times problems times problems: some seconds


@dataclass(frozen=True)
class Forecast:
    """Shares of all questions that were asked."""

    models: str  # in words
    mean: float
    least: float
    most: float


@dataclass(frozen=True)
class PaperRace:
    """What a race on known outcomes came to, for each model."""

    asked: list[int]
    starts: list[int]
    stopped: set[int]


def forecast(models: int, problems: int, goal: Goal) -> list[Forecast]:
    """For each kind of field, from the most different models to equal ones."""
    simulated = max(3, min(MOST_SIMULATED, WORK // (models * problems * problems)))
    chance = random.Random(1)
    forecasts = []
    for words, spread in SPREADS.items():
        shares = [_share_asked(_field(models, problems, spread, chance), goal) for _ in range(simulated)]
        forecasts.append(Forecast(words, fmean(shares), min(shares), max(shares)))
    return forecasts


def _field(models: int, problems: int, spread: float, chance: random.Random) -> list[list[int]]:
    hardness = [chance.gauss(-0.7, SPREAD_OF_PROBLEMS) for _ in range(problems)]
    strengths = [chance.gauss(0.0, spread) for _ in range(models)]
    return [
        [int(chance.random() < 1 / (1 + exp(hard - strong))) for hard in hardness] for strong in strengths
    ]


def _share_asked(field: list[list[int]], goal: Goal) -> float:
    return sum(race_on_paper(field, goal, FIRST_ROUND, SLOTS).asked) / (len(field[0]) * len(field))


def race_on_paper(field: Sequence[Sequence[int]], goal: Goal, first: int, at_once: int) -> PaperRace:
    """A race of models whose outcomes are known, in the order of the problems.

    `first` problems make the first round (0: there is none), `at_once` are asked at the same time.
    """
    problems, names = len(field[0]), [str(number) for number in range(len(field))]
    race, asked, starts = Race(names, problems, goal), [first] * len(field), [int(first > 0)] * len(field)
    for number, name in enumerate(names):
        race.tell(name, field[number][:first])
    while race.running():
        race.stop_losers()
        for name in race.running()[:1]:
            number = int(name)
            starts[number] += 1
            while asked[number] < problems and not race.is_lost(name):
                asked[number] = min(problems, asked[number] + at_once)
                race.tell(name, field[number][: asked[number]])
    return PaperRace(asked, starts, set(map(int, race.stopped)))
