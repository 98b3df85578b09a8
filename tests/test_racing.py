"""Stopping models early keeps the ones that are wanted: by construction, by simulation, at the limits."""

from __future__ import annotations

import random

import pytest

from benchkit.racing import Goal, Race, bound_whole_score


def run(outcomes: dict[str, list[int]], goal: Goal, order: list[int], every: int = 10) -> dict[str, int]:
    """After how many problems each stopped model left."""
    race = Race(list(outcomes), len(order), goal)
    left: dict[str, int] = {}
    for number, problem in enumerate(order, 1):
        race.add({model: outcomes[model][problem] for model in race.running})
        if number % every == 0:
            left |= {one.model: one.problems for one in race.stop_losers()}
    return left


def solved(count: int, problems: int, seed: int) -> list[int]:
    row = [1] * count + [0] * (problems - count)
    random.Random(seed).shuffle(row)
    return row


def test_a_much_weaker_model_leaves_early_and_the_best_stays() -> None:
    """Ninety points of difference are told after a few rounds."""
    outcomes = {"strong": solved(95, 100, 1), "weak": solved(5, 100, 2)}
    left = run(outcomes, Goal(), list(range(100)))
    assert left["weak"] <= 20
    assert "strong" not in left


def test_who_cannot_catch_up_is_out_for_certain() -> None:
    """One behind with no problem left to win is stopped, whatever the evidence says."""
    race = Race(["a", "b"], 4, Goal())
    for outcome in ({"a": 1, "b": 0}, {"a": 1, "b": 0}, {"a": 1, "b": 0}):
        race.add(outcome)
    (out,) = race.stop_losers()
    assert (out.model, out.rival, out.certain, out.behind, out.problems) == ("b", "a", True, 3, 3)


@pytest.mark.parametrize("goal", [Goal(), Goal(places=3), Goal(margin=0.05)], ids=str)
def test_models_of_equal_strength_are_hardly_ever_stopped(goal: Goal) -> None:
    """All are wanted: at most 5% of the races lose even one, here of 60 with six models each."""
    losing = 0
    for seed in range(60):
        outcomes = {str(model): solved(40, 100, 100 * seed + model) for model in range(6)}
        losing += bool(run(outcomes, goal, list(range(100)), every=5))
    assert losing <= 6  # more than six of 60 at 5% come once in 100 tries; the seeds are fixed


@pytest.mark.parametrize("apart", [3, 10, 20])
def test_two_that_tie_are_hardly_ever_parted_however_often_one_looks(apart: int) -> None:
    """Looked at after each problem, both stay in at least 95% of 200 races, also where they differ in few."""
    one = [1] * 20 + [0] * 20
    two = one[apart:20] + [0] * apart + one[20 + apart :] + [1] * apart
    orders = [random.Random(seed).sample(range(40), 40) for seed in range(200)]
    assert sum(bool(run({"one": one, "two": two}, Goal(), order, every=1)) for order in orders) <= 10


def test_three_places_keep_three() -> None:
    """With top3 the third of four stays, and the clearly fourth goes."""
    outcomes = {
        name: solved(count, 120, count) for name, count in zip("abcd", (100, 98, 96, 10), strict=True)
    }
    assert set(run(outcomes, Goal(places=3), list(range(120)))) == {"d"}


def test_a_margin_keeps_who_is_near() -> None:
    """Within five points of the best is wanted, ten below is not for long."""
    outcomes = {"best": [1] * 200, "near": [1] * 190 + [0] * 10, "far": [0] * 60 + [1] * 140}
    order = random.Random(3).sample(range(200), 200)
    assert set(run(outcomes, Goal(margin=0.05), order)) == {"far"}


def test_samples_count_as_their_mean() -> None:
    """Fractions are outcomes, too."""
    race = Race(["a", "b"], 60, Goal())
    for _ in range(40):
        race.add({"a": 0.75, "b": 0.25})
    assert [out.model for out in race.stop_losers()] == ["b"]


def test_the_interval_of_a_stopped_model_holds_the_whole_score() -> None:
    """Over 200 random orders, stopped at random, at most 5% miss what the whole set would have given."""
    missed = 0
    for seed in range(200):
        row = solved(60, 164, seed)
        low, high = bound_whole_score(row[: random.Random(seed).randrange(10, 164)], 164)
        missed += not low <= 60 / 164 <= high
    assert missed <= 10


def test_the_interval_closes_as_the_set_ends() -> None:
    """With all problems answered the score itself is left."""
    assert bound_whole_score([1, 0, 1, 1], 4) == (0.75, 0.75)
