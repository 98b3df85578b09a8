"""What no race can save: tests that know more than they may, on the same verdicts as race.py.

    python measurements/race_limit.py --verdicts FILE [--models 12] [--problems 40] [--orders 300] [--slots 4]

A model is stopped as soon as a test at 5%, after each wave of answers, parts it from the model that is the
best on all problems. That test knows which model this is, and counts neither how often it looks nor how
many models there are: it loses wanted models far more often than in 5% of the nights. Two exact tests without
replacement, whichever ends first: of the discordant pairs, under the tie that makes what was seen least
unlikely; and of the problems solved, by one who knows how many the best solves in all. What is asked so is
less than an honest race can come to.
"""

from __future__ import annotations

import random
import sys
from functools import lru_cache
from math import comb
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).parents[1]))

from measurements.race import GOALS, draw_models, read_options, read_verdicts, wanted_models

ERROR = 0.05


def main() -> None:
    options = read_options()
    drawn, verdicts = random.Random(options.seed), read_verdicts(options.verdicts)
    shares = []
    for _ in range(options.orders):
        outcomes = draw_models(verdicts, options, drawn)
        problems = len(next(iter(outcomes.values())))
        order = drawn.sample(range(problems), problems)
        best = next(iter(wanted_models(outcomes, GOALS["best"])))
        first = [outcomes[best][place] for place in order]
        asked = [
            asked_until_parted(first, [solved[place] for place in order], options.slots)
            for solved in outcomes.values()
        ]
        shares.append(sum(asked) / (problems * len(outcomes)))
    print(f"asked: at least {fmean(shares):.1%}, so at most {1 / fmean(shares):.2f} times as fast")


def asked_until_parted(best: list[int], other: list[int], round_length: int) -> int:
    """All of them where the two are as good."""
    problems = len(best)
    if sum(best) == sum(other):
        return problems
    for end in range(round_length, problems, round_length):
        differences = [one - two for one, two in zip(best[:end], other[:end], strict=True)]
        won, lost = differences.count(1), differences.count(-1)
        if won - lost > problems - end or p_of_a_tie(problems, end, won, lost) <= ERROR:
            return end
        if p_of_a_total(problems, sum(best), end, sum(other[:end])) <= ERROR:
            return end
    return problems


@lru_cache(None)
def p_of_a_total(problems: int, total: int, asked: int, solved: int) -> float:
    """The chance to have solved so few, of one that solves as many of all as the best."""
    ways = (
        comb(total, count) * comb(problems - total, asked - count)
        for count in range(solved + 1)
        if count <= asked
    )
    return sum(ways) / comb(problems, asked)


@lru_cache(None)
def p_of_a_tie(problems: int, asked: int, won: int, lost: int) -> float:
    """The largest chance of so many won among the discordant pairs, over all ties that they leave open."""
    pairs, most = won + lost, 0.0
    for wins in range(max(won, lost), problems // 2 + 1):
        if 2 * wins - pairs > problems - asked:
            break
        tail = sum(
            comb(wins, count) * comb(wins, pairs - count) for count in range(won, min(pairs, wins) + 1)
        )
        most = max(most, tail / comb(2 * wins, pairs))
    return most


if __name__ == "__main__":
    main()
