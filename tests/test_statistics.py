"""The statistics against scipy, against known values and by simulation."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
from scipy import stats

from benchkit import statistics as our


def test_wilson_is_scipys() -> None:
    """On random counts the interval is the one that scipy computes."""
    random = Random(1)
    for _ in range(200):
        total = random.randint(1, 500)
        passed = random.randint(0, total)
        theirs = stats.binomtest(passed, total).proportion_ci(0.95, "wilson")
        assert our.wilson(passed, total) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_of_nothing_is_everything() -> None:
    """Nothing counted leaves every share possible."""
    assert our.wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("passed", "total"), [(5, 4), (-1, 4), (0, -1)])
def test_wilson_refuses_what_is_no_share(passed: int, total: int) -> None:
    """More passes than problems is a mistake of the caller."""
    with pytest.raises(ValueError, match="no share"):
        our.wilson(passed, total)


def test_clustered_interval_of_single_samples_is_wilsons() -> None:
    """With one sample a problem there is nothing to cluster."""
    assert our.clustered_interval([1.0] * 115 + [0.0] * 49) == pytest.approx(our.wilson(115, 164))


def test_clustered_interval_does_not_shrink_when_samples_are_copies() -> None:
    """Ten identical samples a problem know no more than one; ten independent ones know more."""
    copies = [1.0] * 70 + [0.0] * 30
    mixed = [0.7] * 50 + [0.6] * 25 + [0.8] * 25
    low, high = our.clustered_interval(copies)
    narrow_low, narrow_high = our.clustered_interval(mixed)
    assert (low, high) == pytest.approx(our.wilson(70, 100))
    assert narrow_high - narrow_low < (high - low) / 3


def test_clustered_interval_without_spread_stays_open() -> None:
    """All problems alike prove nothing about scatter, so the interval keeps its width."""
    assert our.clustered_interval([0.5] * 20) == pytest.approx(our.wilson(10, 20))
    assert our.clustered_interval([]) == (0.0, 1.0)


def test_pass_at_k_counts_the_draws() -> None:
    """The estimator is the share of all draws of k samples that hold a pass."""
    for n in range(1, 7):
        for c in range(n + 1):
            for k in range(1, n + 1):
                draws = [any(i < c for i in draw) for draw in combinations(range(n), k)]
                assert our.pass_at_k(n, c, k) == pytest.approx(sum(draws) / len(draws))


@pytest.mark.parametrize(("n", "c", "k"), [(5, 2, 6), (5, 6, 1), (5, 2, 0), (0, 0, 1)])
def test_pass_at_k_refuses_what_cannot_be_known(n: int, c: int, k: int) -> None:
    """More draws than samples is refused, never printed as 1.0."""
    with pytest.raises(ValueError, match="pass@"):
        our.pass_at_k(n, c, k)
