"""What a race asks and what it loses, on real verdicts in random orders.

    python measurements/race.py --verdicts FILE [--models 20] [--orders 1000] [--problems 40]
        [--goal best] [--slots 4] [--start 0.5]

FILE is JSON: {"tasks": [...], "models": {name: "0110…", one digit a task}}. Each order draws models,
problems and their order anew; `--equal` makes up models that all have the same total.
Bars: wanted models lost in at most 5% of the orders, at most half of all questions for 20 models.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import astuple, dataclass
from math import ceil
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchkit.race_forecast import race_on_paper
from benchkit.racing import FIRST_ROUND, Goal
from benchkit.running.batch.race_rounds import first_round_pays, in_full_waves

GOALS = {"best": Goal(), "top3": Goal(places=3), "within5": Goal(margin=0.05)}
Outcomes = dict[str, list[int]]


@dataclass(frozen=True)
class Night:
    """One simulated race."""

    asked: int
    questions: int  # of all models together
    wanted: int
    lost: int
    times_as_fast: float  # as a night that asks everything, with the starts of servers and scripts


def main() -> None:
    options = read_options()
    drawn = random.Random(options.seed)
    verdicts = read_verdicts(options.verdicts)
    nights = [
        run_race(draw_models(verdicts, options, drawn), GOALS[options.goal], options, drawn)
        for _ in range(options.orders)
    ]
    asked, questions, wanted, lost, _ = (sum(column) for column in zip(*map(astuple, nights), strict=True))
    spoilt = sum(night.lost > 0 for night in nights) / len(nights)
    field = f"{options.orders} orders, {options.models} models, goal {GOALS[options.goal]}"
    print(f"{field}, {options.slots} slots")
    print(f"asked: {asked / questions:.1%} of all questions")
    print(f"wanted models lost: {lost} of {wanted}")
    print(f"orders in which a wanted model was lost: {spoilt:.2%}")
    if options.start is not None:
        times = median(night.times_as_fast for night in nights)
        print(f"a start takes {options.start:g} answers: {times:.2f} times as fast as all questions")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--verdicts", type=Path, required=True)
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--goal", choices=GOALS, default="best")
    parser.add_argument("--problems", type=int, help="So many, drawn anew for each order; without it all.")
    parser.add_argument("--start", type=float, help="Of server and script, in answers: tells the time, too.")
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--equal", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def read_verdicts(path: Path) -> Outcomes:
    models = json.loads(path.read_text())["models"]
    return {name: [int(digit) for digit in digits] for name, digits in models.items()}


def draw_models(verdicts: Outcomes, options: argparse.Namespace, drawn: random.Random) -> Outcomes:
    if options.problems:
        columns = drawn.sample(range(len(next(iter(verdicts.values())))), options.problems)
        verdicts = {name: [solved[place] for place in columns] for name, solved in verdicts.items()}
    names = drawn.sample(sorted(verdicts), min(options.models, len(verdicts)))
    if not options.equal:
        return {name: verdicts[name] for name in names}
    shares = [sum(column) / len(verdicts) for column in zip(*verdicts.values(), strict=True)]
    total = round(sum(shares))
    return {f"model {number}": with_total(shares, total, drawn) for number in range(options.models)}


def with_total(shares: list[float], total: int, drawn: random.Random) -> list[int]:
    """Problems as hard as in the verdicts, solved exactly `total` times."""
    solved = [int(drawn.random() < share) for share in shares]
    while sum(solved) != total:
        place = drawn.randrange(len(solved))
        solved[place] = int(sum(solved) < total)
    return solved


def run_race(outcomes: Outcomes, goal: Goal, options: argparse.Namespace, drawn: random.Random) -> Night:
    problems, start, slots = len(next(iter(outcomes.values()))), options.start or 0.0, options.slots
    order = drawn.sample(range(problems), problems)
    field = [[solved[place] for place in order] for solved in outcomes.values()]
    first = in_full_waves(FIRST_ROUND, slots)
    if not first_round_pays(start, 1 / slots, problems):
        first = 0
    race = race_on_paper(field, goal, first, slots)
    wanted, names = wanted_models(outcomes, goal), list(outcomes)
    spent = sum(ceil(asked / slots) for asked in race.asked) + start * sum(race.starts)
    whole = len(outcomes) * (ceil(problems / slots) + start)
    lost = len(wanted & {names[number] for number in race.stopped})
    return Night(sum(race.asked), problems * len(outcomes), len(wanted), lost, whole / spent)


def wanted_models(outcomes: Outcomes, goal: Goal) -> set[str]:
    totals = {model: sum(solved) for model, solved in outcomes.items()}
    problems = len(next(iter(outcomes.values())))
    if goal.margin:
        return {model for model in totals if totals[model] >= max(totals.values()) - goal.margin * problems}
    return {
        model for model in totals if sum(other > totals[model] for other in totals.values()) < goal.places
    }


if __name__ == "__main__":
    main()
