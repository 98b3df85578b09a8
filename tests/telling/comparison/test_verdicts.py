"""Pairs of models and the words that end them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.outcomes import Outcomes
from benchkit.telling.comparison.selection import Contestant, sections
from benchkit.telling.comparison.verdicts import Word, line, rounded_up, verdicts
from benchkit.telling.history import open_store
from tests.telling.comparison.nights import a_contestant, a_history, a_run, a_section, worked_example

WORKED = (
    "B vs A · HumanEval+ · 164 paired · 70.1% → 75.6% · +5.5 [−0.5, +11.9] · 17 fixed, 8 broken · p=0.11 · "
    "INCONCLUSIVE: 164 problems detect 9 points here; about 420 are needed for 5.5"
)


def test_worked_example(tmp_path: Path) -> None:
    """The line of the worked example, from a history to its last character."""
    catalog = Catalog(open_store(a_history(tmp_path, *worked_example())))
    (section,) = sections(catalog, (), None, repeats=False, anyway=False)
    (verdict,) = verdicts(section)
    assert line(verdict) == WORKED


def test_better_and_worse() -> None:
    """Twenty fixed and none broken is better; seen from the other side, worse."""
    low, high = a_contestant("low", range(60)), a_contestant("high", range(40))
    assert verdicts(a_section(low, high))[0].word is Word.BETTER
    (worse,) = verdicts(a_section(high, low))
    assert worse.word is Word.WORSE
    assert line(worse).endswith("· 0 fixed, 20 broken · p<0.001 · WORSE")


def test_equivalent_needs_the_whole_interval_within_the_margin() -> None:
    """One flip each way on 400 problems is equivalent within 5 points, not within 1."""
    one, other = a_contestant("one", [0], 400), a_contestant("other", [1], 400)
    (verdict,) = verdicts(a_section(one, other))
    assert line(verdict).endswith("p=1.00 · EQUIVALENT within ±5 points")
    assert verdicts(a_section(one, other), margin=1.0)[0].word is Word.INCONCLUSIVE


def test_few_problems_are_inconclusive_and_say_so() -> None:
    """On five problems even five flips prove nothing."""
    (verdict,) = verdicts(a_section(a_contestant("none", range(5), 5), a_contestant("all", [], 5)))
    assert "INCONCLUSIVE: 5 problems are too few to tell; about" in line(verdict)


def test_correction_is_over_all_pairs_shown() -> None:
    """p = 0.031 is better alone, and no longer among three pairs."""
    one, other = a_contestant("one", range(6)), a_contestant("other", [])
    third = a_contestant("third", range(1, 6))
    assert verdicts(a_section(one, other))[0].word is Word.BETTER
    found = verdicts(a_section(one, other, third))[0]
    assert (found.word, found.pairs) == (Word.INCONCLUSIVE, 3)
    assert "p=0.031 (p=0.094 among 3 pairs)" in line(found)


def test_baseline_judges_only_against_itself() -> None:
    """Two pairs of three models, each seen from the other model."""
    models = [a_contestant(name, range(n)) for n, name in ((10, "a"), (30, "b"), (50, "c"))]
    found = verdicts(a_section(*models), baseline=models[1])
    assert [(one.before.label, one.after.label) for one in found] == [("b", "a"), ("b", "c")]


def test_without_verdicts_only_the_unpaired_interval() -> None:
    """Totals alone give Newcombe's interval and Fisher's p, and the line says that nothing is paired."""
    one = Contestant("A", (a_run("A"),), Outcomes(70.1, 115, 164))
    other = Contestant("B", (a_run("B"),), Outcomes(75.6, 124, 164))
    text = line(verdicts(a_section(one, other))[0])
    assert "unpaired (164 and 164; which ones were solved is not known)" in text
    assert "+5.5 [−4.1, +15.0]" in text
    assert "fixed" not in text


def test_scores_without_totals_prove_nothing() -> None:
    """Two bare scores are shown, and that they prove nothing."""
    one = Contestant("A", (a_run("A"),), Outcomes(70.1))
    other = Contestant("B", (a_run("B"),), Outcomes(None))
    text = line(verdicts(a_section(one, other))[0])
    assert "70.1% → unknown · INCONCLUSIVE" in text


def test_identical_answers_are_not_called_different() -> None:
    """No flip at all: equivalent, and no number of problems is named."""
    (verdict,) = verdicts(a_section(a_contestant("A", range(40)), a_contestant("B", range(40))))
    assert verdict.word is Word.EQUIVALENT


def test_ten_equal_models_get_false_verdicts_in_at_most_one_of_twenty_nights() -> None:
    """Ten models that are equal, 45 pairs: better or worse is said in at most 5% of 60 simulated nights."""
    generator = np.random.default_rng(11)
    false_alarms = 0
    for _ in range(60):
        chances = generator.beta(0.7, 0.5, 164)
        models = [
            a_contestant(f"m{n}", np.flatnonzero(generator.random(164) > chances).tolist()) for n in range(10)
        ]
        found = verdicts(a_section(*models))
        assert len(found) == 45
        false_alarms += any(one.word in (Word.BETTER, Word.WORSE) for one in found)
    assert false_alarms <= 3


@pytest.mark.parametrize(
    ("number", "text"), [(412.7, "420"), (7.2, "8"), (1663, "1,700"), (99.5, "100"), (10.0, "10")]
)
def test_needed_problems_are_rounded_upwards(number: float, text: str) -> None:
    """Two figures are all that an estimate can bear."""
    assert rounded_up(number) == text


def test_runs_without_any_score_are_not_judged() -> None:
    """Speed tests have no score: nothing is said about a difference that nobody measured."""
    one, other = (Contestant(name, (a_run(name),), Outcomes(None)) for name in "AB")
    assert verdicts(a_section(one, other)) == []
    assert len(verdicts(a_section(one, a_contestant("C", [1])))) == 1
