"""What a race asks and what it loses, on real verdicts in random orders.

    python measurements/race.py --verdicts FILE [--models 20] [--orders 1000] [--problems 40]
        [--goal best] [--round 10 | --start 0.5 --slots 4]

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

from benchkit.racing import Goal, Race
from benchkit.running.batch.race_rounds import FIRST_ROUND, in_full_waves, round_length_for

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
        run_race(draw_models(verdicts, options, drawn), GOALS[options.goal], options, drawn, options.start)
        for _ in range(options.orders)
    ]
    asked, questions, wanted, lost, _ = (sum(column) for column in zip(*map(astuple, nights), strict=True))
    spoilt = sum(night.lost > 0 for night in nights) / len(nights)
    field = f"{options.orders} orders, {options.models} models, goal {GOALS[options.goal]}"
    how = (
        f"rounds of {options.round}" if options.start is None else f"a start takes {options.start:g} answers"
    )
    print(f"{field}, {how}")
    print(f"asked: {asked / questions:.1%} of all questions")
    print(f"wanted models lost: {lost} of {wanted}")
    print(f"orders in which a wanted model was lost: {spoilt:.2%}")
    if options.start is not None:
        print(f"{median(night.times_as_fast for night in nights):.2f} times as fast as all questions")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--verdicts", type=Path, required=True)
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--goal", choices=GOALS, default="best")
    parser.add_argument("--round", type=int, default=10)
    parser.add_argument("--problems", type=int, help="So many, drawn anew for each order; without it all.")
    parser.add_argument(
        "--start", type=float, help="Of server and script, in answers: rounds are then as the runner's are."
    )
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


def run_race(
    outcomes: Outcomes, goal: Goal, options: argparse.Namespace, drawn: random.Random, start: float | None
) -> Night:
    """In rounds of one length; where a start's length is told, in the runner's own."""
    problems = len(next(iter(outcomes.values())))
    order = drawn.sample(range(problems), problems)
    race = Race(list(outcomes), problems, goal)
    asked = 0
    spent = 0.0
    length = options.round if start is None else whole_round(start, options.slots)
    end = max(length, in_full_waves(FIRST_ROUND, options.slots)) if start is not None else length
    if start is not None and end > problems / 2:  # one round
        end = problems
    while race.answered < problems:
        spent += len(race.running) * waves(end - race.answered, options.slots, start)
        for problem in order[race.answered : end]:
            asked += len(race.running)
            race.add({model: outcomes[model][problem] for model in race.running})
        race.stop_losers()
        few = len(race.running) <= goal.places and not goal.margin
        end += length
        if few or problems - end < length / 2:
            end = problems
    wanted = wanted_models(outcomes, goal)
    whole = len(outcomes) * waves(problems, options.slots, start)
    lost = len(wanted - set(race.running))
    return Night(asked, problems * len(outcomes), len(wanted), lost, whole / spent)


def whole_round(start: float, slots: int) -> int:
    return in_full_waves(round_length_for(start, 1 / slots), slots)


def waves(questions: int, slots: int, start: float | None) -> float:
    """The time of a round, in answers: all slots answer side by side, and the last ones are waited for."""
    return ceil(questions / slots) + (start or 0.0)


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
