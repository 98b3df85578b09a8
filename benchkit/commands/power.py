"""bench_runner.py power: before the night, what difference can be seen in the morning."""

from __future__ import annotations

import click

from benchkit.errors import UsageError
from benchkit.numbers import above_0
from benchkit.racing import GOALS

FLIPS = (0.05, 0.1, 0.2, 0.3)
DIFFERENCES = (0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15)


@click.command()
@click.option("--problems", type=click.IntRange(min=1), required=True, help="How many both models are asked.")
@click.option(
    "--flips",
    type=above_0(to=1),
    help="The share of problems that only one of the two solves; 0.05 to 0.3, less for like models.",
)
@click.option(
    "--models", type=click.IntRange(min=2), default=2, show_default=True, help="Compared, all pairs."
)
@click.option("--race", "goal", metavar="GOAL", help=f"What a race of them may save: {GOALS}.")
def command(problems: int, flips: float | None, models: int, goal: str | None) -> None:
    """What difference in points so many problems show, in four of five nights, at 95%."""
    if goal is not None:
        _forecast(models, problems, goal)
        return
    from benchkit.statistics import ALPHA, detectable, needed_problems
    from benchkit.telling.comparison.verdicts import points_seen, rounded_up

    pairs = models * (models - 1) // 2
    alpha = ALPHA / pairs
    among = f" among {models} models ({pairs} pairs)" if pairs > 1 else ""
    for rate in (flips,) if flips else FLIPS:
        seen = detectable(problems, rate, alpha)
        effect = f"{points_seen(seen)} points" if seen else "nothing: they are too few"
        click.echo(f"{problems} problems, {100 * rate:g}% flips: detects {effect}{among}")
    rate = flips or 0.2
    click.echo(f"\nProblems needed at {100 * rate:g}% flips{among}:")
    for difference in [one for one in DIFFERENCES if one <= rate] or [rate]:
        needed = rounded_up(needed_problems(difference, rate, alpha))
        click.echo(f"  {100 * difference:3.3g} points: about {needed}")


def _forecast(models: int, problems: int, goal: str) -> None:
    """The share of all questions that races of simulated models ask."""
    from benchkit.race_forecast import forecast
    from benchkit.racing import Goal

    try:
        wanted = Goal.parse(goal)
    except ValueError:
        raise UsageError(f"--race {goal}: give {GOALS}") from None
    click.echo(f"A race of {models} models for {wanted}, {problems} problems:")
    for one in forecast(models, problems, wanted):
        spread = f"{one.least:.0%} to {one.most:.0%} in simulated nights"
        click.echo(f"  models {one.models}: about {one.mean:.0%} of all questions are asked ({spread})")
    click.echo("A model that is wanted is stopped in at most 5% of such nights, however alike they are.")
