"""The statistics against scipy, against known values and by simulation."""

from __future__ import annotations

import math
from itertools import combinations
from random import Random
from statistics import fmean

import numpy as np
import pytest
import scipy  # which loads scipy.stats when a test first uses it

from benchkit import statistics as our


def test_wilson_is_scipys() -> None:
    """On random counts the interval is the one that scipy computes."""
    random = Random(1)
    for _ in range(200):
        total = random.randint(1, 500)
        passed = random.randint(0, total)
        theirs = scipy.stats.binomtest(passed, total).proportion_ci(0.95, "wilson")
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


def test_worked_example() -> None:
    """17 fixed and 8 broken of 164: +5.5 [-0.5, +11.9], p = 0.11, 9 points detectable, about 420 needed."""
    before = [1.0] * 115 + [0.0] * 49
    after = [1.0] * 107 + [0.0] * 8 + [1.0] * 17 + [0.0] * 32
    found = our.paired(before, after)
    assert (found.problems, found.fixed, found.broken) == (164, 17, 8)
    assert found.difference == pytest.approx(9 / 164)
    assert found.interval == pytest.approx((-0.0052, 0.1187), abs=5e-5)
    assert found.p == pytest.approx(0.10775, abs=1e-5)
    assert our.detectable(164, found.flips) == pytest.approx(0.088, abs=0.001)
    assert our.needed_problems(found.difference, found.flips) == pytest.approx(413, abs=1)


def yang_sun_hardin(fixed: int, broken: int, n: int) -> tuple[float, float]:
    """Tango's interval as the outermost roots of a quartic (Statistics in Medicine 32, 2013)."""
    g, d, s = our.z_of() ** 2, fixed - broken, fixed + broken
    polynomial = [
        n**2 * (n / g + 1) ** 2,
        -n * d * (n / g + 1) * (4 * n / g + 1),
        2 * n * d**2 * (3 * n / g + 2) / g - n**2 * (s / g + 1),
        n * d * (2 * s / g + 1) - d**3 * (4 * n / g + 1) / g,
        d**2 * (d**2 / g - s) / g,
    ]
    real = [root.real for root in np.roots(polynomial) if abs(root.imag) < 1e-7]
    return min(real), max(real)


def test_tango_solves_its_quartic() -> None:
    """On random tables the interval's ends are the outermost roots of the published quartic."""
    random = Random(2)
    for _ in range(300):
        n = random.randint(10, 400)
        fixed = random.randint(0, n // 2)
        broken = random.randint(0, n // 2)
        if fixed != broken:
            assert our.tango(fixed, broken, n) == pytest.approx(yang_sun_hardin(fixed, broken, n), abs=1e-6)


def test_tango_without_flips_stays_open() -> None:
    """No flip in 50 problems still allows a difference: z²/(n + z²) to either side."""
    z2 = our.z_of() ** 2
    assert our.tango(0, 0, 50) == pytest.approx((-z2 / (50 + z2), z2 / (50 + z2)), abs=1e-9)


def coverage(n: int, flips: float, difference: float) -> float:
    """How often the interval holds the truth: every possible table, weighed by its chance."""
    up, down = (flips + difference) / 2, (flips - difference) / 2
    covered = 0.0
    for fixed in range(n + 1):
        chance = scipy.stats.binom.pmf(fixed, n, up)
        if chance < 1e-5:
            continue
        others = scipy.stats.binom.pmf(range(n - fixed + 1), n - fixed, down / (1 - up))
        for broken in np.flatnonzero(others > 1e-4):
            low, high = our.tango(fixed, int(broken), n)
            covered += chance * others[broken] * (low - 1e-9 <= difference <= high + 1e-9)
    return covered


@pytest.mark.parametrize("n", [50, 164])
@pytest.mark.parametrize("flips", [0.02, 0.05, 0.15, 0.30])
def test_paired_interval_covers_the_truth(n: int, flips: float) -> None:
    """At every difference the flips allow, the 95% interval holds the truth at least 93% of the times."""
    for share in (0, 0.3, 0.6, 0.9):
        assert coverage(n, flips, share * flips) >= 0.93


def test_interval_of_averaged_samples_covers_the_truth() -> None:
    """Five samples a problem, drawn from each problem's own chance: the interval of the means covers 93%."""
    generator = np.random.default_rng(3)
    problems, trials, covered = 100, 400, 0
    for _ in range(trials):
        easy = generator.beta(0.6, 0.5, problems)
        gain = generator.choice([0, 0.4, -0.3], problems, p=[0.6, 0.25, 0.15])
        better = np.clip(easy + gain, 0, 1)
        # Which problems are in the set is chance as well, so the truth is the mean over all possible ones.
        found = our.paired(
            (generator.binomial(5, easy) / 5).tolist(), (generator.binomial(5, better) / 5).tolist()
        )
        covered += found.interval[0] <= TRUE_GAIN <= found.interval[1]
    assert covered / trials >= 0.93


def _true_gain() -> float:
    generator = np.random.default_rng(4)
    easy = generator.beta(0.6, 0.5, 400_000)
    gain = generator.choice([0, 0.4, -0.3], 400_000, p=[0.6, 0.25, 0.15])
    return float(np.mean(np.clip(easy + gain, 0, 1) - easy))


TRUE_GAIN = _true_gain()


def test_repeated_runs_are_not_independent_problems() -> None:
    """Ten copies of each answer give the interval and p of one; pooled, they would shrink it threefold."""
    before, after = [1.0] * 60 + [0.0] * 40, [1.0] * 50 + [0.0] * 10 + [1.0] * 18 + [0.0] * 22
    once = our.paired(before, after)
    assert our.paired([fmean([x] * 10) for x in before], [fmean([x] * 10) for x in after]) == once
    pooled = our.tango(180, 100, 1000)
    assert (once.interval[1] - once.interval[0]) / (pooled[1] - pooled[0]) > 3


def test_mcnemar_is_scipys_binomial() -> None:
    """The exact p is a fair coin's over the flips; statsmodels' mcnemar(exact=True) gives 0.107752."""
    for fixed in range(0, 40, 3):
        for broken in range(0, 40, 4):
            if fixed + broken:
                theirs = scipy.stats.binomtest(fixed, fixed + broken).pvalue
                assert our.mcnemar(fixed, broken) == pytest.approx(theirs)
    assert our.mcnemar(0, 0) == 1.0
    assert our.mcnemar(17, 8) == pytest.approx(0.107752, abs=1e-6)


def test_sign_flip_is_mcnemar_for_single_answers() -> None:
    """Where each difference is -1, 0 or 1 the two tests are one."""
    for fixed, broken in [(17, 8), (0, 5), (3, 3), (40, 12), (0, 0)]:
        differences = [1.0] * fixed + [-1.0] * broken + [0.0] * 30
        assert our.sign_flip(differences) == pytest.approx(our.mcnemar(fixed, broken))


def test_sign_flip_is_scipys_permutation_test() -> None:
    """For averaged samples the p is scipy's, which tries all swaps one by one."""
    random = Random(5)
    for _ in range(5):
        differences = [random.randint(-5, 5) / 5 for _ in range(10)]
        theirs = scipy.stats.permutation_test(
            (differences,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
        ).pvalue
        assert our.sign_flip(differences) == pytest.approx(theirs, abs=1e-9)


def test_sign_flip_of_thirds_and_sevenths() -> None:
    """Unequal numbers of runs give odd fractions; the p is still one, and symmetric in sign."""
    differences = [1 / 3 - 2 / 7, 2 / 3, -1 / 7, 5 / 7 - 1 / 3, 1 / 3, 1 / 3]
    p = our.sign_flip(differences)
    assert 0 < p <= 1
    assert p == our.sign_flip([-d for d in differences])


def test_newcombe_is_statsmodels() -> None:
    """statsmodels 0.15 confint_proportions_2indep(method="newcomb") gives these ends."""
    assert our.newcombe((115, 164), (124, 164)) == pytest.approx((-0.041311972, 0.149754756), abs=1e-8)
    assert our.newcombe((1, 12), (5, 10)) == pytest.approx((0.039070784, 0.688826729), abs=1e-8)


def test_fisher_is_scipys() -> None:
    """On random tables without pairing the exact p is scipy's."""
    random = Random(6)
    for _ in range(60):
        n, m = random.randint(5, 200), random.randint(5, 200)
        a, b = random.randint(0, n), random.randint(0, m)
        theirs = scipy.stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue
        assert our.fisher((a, n), (b, m)) == pytest.approx(theirs, rel=1e-6)


def test_holm_is_statsmodels() -> None:
    """statsmodels 0.15 multipletests(method="holm") of these five gives these five."""
    assert our.holm([0.01, 0.04, 0.03, 0.005, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.5])
    assert our.holm([]) == []
    assert our.holm([0.7, 0.8]) == [1.0, 1.0]


def power_of_mcnemar(n: int, flips: float, difference: float) -> float:
    """The exact chance that the exact test sees this difference on n problems."""
    up, seen = (flips + difference) / (2 * flips), 0.0
    for count in range(n + 1):
        chance = scipy.stats.binom.pmf(count, n, flips)
        if chance > 1e-9:
            counts = np.arange(count + 1)
            tails = np.minimum(
                scipy.stats.binom.cdf(counts, count, 0.5), scipy.stats.binom.sf(counts - 1, count, 0.5)
            )
            seen += chance * scipy.stats.binom.pmf(counts, count, up)[2 * tails <= our.ALPHA].sum()
    return float(seen)


@pytest.mark.parametrize("flips", [0.05, 0.15, 0.3])
@pytest.mark.parametrize("problems", [50, 164, 400])
def test_detectable_difference_is_detected(problems: int, flips: float) -> None:
    """The exact test sees the difference that is called detectable in about four of five tries."""
    difference = our.detectable(problems, flips)
    assert difference is not None
    assert 0.76 <= power_of_mcnemar(problems, max(flips, difference), difference) <= 0.90


def test_needed_problems_are_enough() -> None:
    """So many problems show the difference in about four of five tries; no difference needs infinity."""
    for difference, flips in [(0.055, 0.15), (0.1, 0.3), (0.02, 0.05)]:
        problems = round(our.needed_problems(difference, flips))
        assert 0.77 <= power_of_mcnemar(problems, flips, difference) <= 0.85
    assert our.needed_problems(0.0, 0.2) == math.inf


def test_too_few_problems_detect_nothing() -> None:
    """On five problems not even all against nothing is seen, and that is said."""
    assert our.detectable(5, 0.2) is None


def test_ten_equal_models_are_rarely_told_apart() -> None:
    """Of ten equal models, 45 pairs, some pair is called different in at most 5% of the nights."""
    generator = np.random.default_rng(7)
    nights, false_alarms = 500, 0
    for _ in range(nights):
        chances = generator.beta(0.7, 0.5, 164)
        models = [generator.random(164) < chances for _ in range(10)]
        p_values = [our.mcnemar(int((y & ~x).sum()), int((x & ~y).sum())) for x, y in combinations(models, 2)]
        false_alarms += min(our.holm(p_values)) < our.ALPHA
    assert false_alarms / nights <= 0.05


@pytest.mark.parametrize("models", [2, 3, 10, 94, 300])
def test_the_lead_that_luck_gives_is_the_studentized_range(models: int) -> None:
    """The p at its 95% quantile, with infinite degrees of freedom."""
    quantile = scipy.stats.studentized_range.ppf(0.95, models, np.inf)
    assert our.p_of_the_range(models) == pytest.approx(
        2 * scipy.stats.norm.sf(quantile / math.sqrt(2)), rel=1e-3
    )
