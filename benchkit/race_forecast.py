"""What a race may save, told before the night: simulated races of made-up models.

A model solves a problem by chance, the more likely the stronger it is and the easier the problem. How far
models and problems lie apart is what was seen of 47 models for a home GPU on HumanEval's 164 problems.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from statistics import fmean

from benchkit.racing import Goal, Race

SPREAD_OF_PROBLEMS = 1.6
"""Standard deviations on the logistic scale, as that of models is."""
SPREADS: Mapping[str, float] = {
    "of mixed strength": 1.0,
    "rather alike": 0.3,
    "equally strong": 0.0,
}
ROUND = 8
MOST_SIMULATED = 12
WORK = 1_000_000  # pairs times problems: some seconds


@dataclass(frozen=True)
class Forecast:
    """Shares of all questions that were asked."""

    models: str  # in words
    mean: float
    least: float
    most: float


def forecast(models: int, problems: int, goal: Goal) -> list[Forecast]:
    """For each kind of field, from the most different models to equal ones."""
    simulated = max(3, min(MOST_SIMULATED, WORK // (models * models * problems)))
    chance = random.Random(1)
    forecasts = []
    for words, spread in SPREADS.items():
        shares = [_asked(_field(models, problems, spread, chance), goal) for _ in range(simulated)]
        forecasts.append(Forecast(words, fmean(shares), min(shares), max(shares)))
    return forecasts


def _field(models: int, problems: int, spread: float, chance: random.Random) -> list[list[int]]:
    hardness = [chance.gauss(-0.7, SPREAD_OF_PROBLEMS) for _ in range(problems)]
    strengths = [chance.gauss(0.0, spread) for _ in range(models)]
    return [
        [int(chance.random() < 1 / (1 + exp(hard - strong))) for hard in hardness] for strong in strengths
    ]


def _asked(field: list[list[int]], goal: Goal) -> float:
    problems = len(field[0])
    race = Race([str(number) for number in range(len(field))], problems, goal)
    asked = 0
    for place in range(problems):
        asked += len(race.running)
        race.add({model: field[int(model)][place] for model in race.running})
        if (place + 1) % ROUND == 0:
            race.stop_losers()
    return asked / (problems * len(field))
