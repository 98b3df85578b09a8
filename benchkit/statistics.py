"""What a score tells and what it does not: intervals, paired comparison, power. Pure functions, stdlib only.

Shares are fractions from 0 to 1; an interval is (low, high) and is meant at 95% unless told otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, copysign, inf, lcm, pi, sqrt, tan
from statistics import NormalDist, fmean

CONFIDENCE = 0.95
ALPHA = 0.05
POWER = 0.8  # the usual chance, when planning, of seeing a difference that is there

Interval = tuple[float, float]


@dataclass(frozen=True)
class Paired:
    """Two models on the same problems; every share and difference from 0 to 1, seen from the second model."""

    problems: int
    difference: float
    interval: Interval
    fixed: int
    broken: int
    flips: float  # the share of problems on which the two disagree, per single answer
    p: float


def z_of(confidence: float = CONFIDENCE) -> float:
    """The normal quantile of a two-sided interval: 1.96 at 95%."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(passed: float, total: float, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's interval of a share; with nothing counted, everything is possible."""
    if total < 0 or not 0 <= passed <= total:
        raise ValueError(f"{passed} of {total} is no share")
    if total == 0:
        return 0.0, 1.0
    share, z = passed / total, z_of(confidence)
    shrink = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / shrink
    half = z / shrink * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(0.0, centre - half), min(1.0, centre + half)


def clustered_interval(per_problem_fractions: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The interval of the mean when each problem was sampled repeatedly: problems are drawn, samples are not.

    Wilson's interval at the number of independent answers that would scatter as the problems do; with one
    sample a problem it is Wilson's interval itself.
    """
    if not per_problem_fractions:
        return 0.0, 1.0
    problems, share = len(per_problem_fractions), fmean(per_problem_fractions)
    spread = fmean([(fraction - share) ** 2 for fraction in per_problem_fractions])
    # No spread at all tells nothing about the scatter: then each problem counts as one answer.
    effective = problems * share * (1 - share) / spread if spread > 0 else problems
    return wilson(share * effective, effective, confidence)


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Student's interval of the mean of measured values; None for a single one, which has no scatter."""
    if len(values) < 2:
        return None
    centre = fmean(values)
    variance = sum((value - centre) ** 2 for value in values) / (len(values) - 1)
    half = t_of(len(values) - 1, confidence) * sqrt(variance / len(values))
    return centre - half, centre + half


def points_interval(points: Sequence[float]) -> Interval | None:
    """`mean_interval` of values from 0 to 100, which their mean cannot leave."""
    interval = mean_interval(points)
    return interval and (max(0.0, interval[0]), min(100.0, interval[1]))


def t_of(freedom: int, confidence: float = CONFIDENCE) -> float:
    """Student's quantile of a two-sided interval: exact for 1 and 2 degrees of freedom, else a series."""
    if freedom == 1:
        return tan(pi * confidence / 2)
    if freedom == 2:
        return confidence * sqrt(2 / (1 - confidence**2))
    z, n = z_of(confidence), float(freedom)
    terms = (
        z,
        (z**3 + z) / (4 * n),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3),
    )
    return sum(terms)


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that at least one of k samples passes, unbiased, from c passes among n samples."""
    if not 0 <= c <= n or k < 1:
        raise ValueError(f"pass@{k} of {c} passes in {n} samples makes no sense")
    if k > n:
        raise ValueError(f"pass@{k} needs at least {k} samples a problem; there are {n}")
    return 1 - comb(n - c, k) / comb(n, k)


def newcombe(before: tuple[float, float], after: tuple[float, float]) -> Interval:
    """The interval of after - before, each (passed, total), when nothing tells which problems were passed."""
    (low_1, high_1), (low_2, high_2) = wilson(*before), wilson(*after)
    share_1, share_2 = before[0] / before[1], after[0] / after[1]
    difference = share_2 - share_1
    low = difference - sqrt((share_2 - low_2) ** 2 + (high_1 - share_1) ** 2)
    high = difference + sqrt((high_2 - share_2) ** 2 + (share_1 - low_1) ** 2)
    return max(-1.0, low), min(1.0, high)


def fisher(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Fisher's exact p, two-sided, for two (passed, total) of which no pairing is known."""
    passed, total = before[0] + after[0], before[1] + after[1]
    ways = [
        comb(before[1], k) * comb(after[1], passed - k)
        for k in range(max(0, passed - after[1]), min(passed, before[1]) + 1)
    ]
    observed = comb(before[1], before[0]) * comb(after[1], after[0])
    return min(1.0, sum(way for way in ways if way <= observed) / comb(total, passed))


def tango(fixed: float, broken: float, problems: float, confidence: float = CONFIDENCE) -> Interval:
    """Tango's score interval of a paired difference, which holds what it promises also at few flips."""
    z, estimate = z_of(confidence), (fixed - broken) / problems

    def distance(difference: float) -> float:
        return _tango_score(difference, fixed, broken, problems)

    return _crossing(distance, z, -1.0, estimate), _crossing(distance, -z, estimate, 1.0)


def _tango_score(difference: float, fixed: float, broken: float, n: float) -> float:
    """How many standard errors the counts lie from this difference, the nuisance at its likeliest value."""
    linear = -fixed - broken + (2 * n - fixed + broken) * difference
    constant = -broken * difference * (1 - difference)
    likeliest = (sqrt(max(0.0, linear * linear - 8 * n * constant)) - linear) / (4 * n)
    variance = n * (2 * likeliest + difference * (1 - difference))
    gap = fixed - broken - n * difference
    if variance <= 0:
        return 0.0 if abs(gap) < 1e-9 else copysign(inf, gap)
    return gap / sqrt(variance)


def _crossing(falling: Callable[[float], float], level: float, low: float, high: float) -> float:
    """Where a falling function crosses a level."""
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > level else (low, middle)
    return (low + high) / 2


def mcnemar(fixed: int, broken: int) -> float:
    """McNemar's exact p, two-sided: would a fair coin decide the flips as unevenly as this?"""
    flips, fewer = fixed + broken, min(fixed, broken)
    return min(1.0, 2 * sum(comb(flips, k) for k in range(fewer + 1)) / (1 << flips))


def sign_flip(differences: Sequence[float]) -> float:
    """The exact p when the two models' answers are swapped at random, problem by problem.

    For differences of -1, 0 and 1 this is McNemar's exact test; averaged samples give values between.
    """
    sizes = Counter(Fraction(abs(d)).limit_denominator(1000) for d in differences if abs(d) > 1e-9)
    scale = min(1000, lcm(*(size.denominator for size in sizes)))
    steps = [round(size * scale) for size, count in sizes.items() for _ in range(count)]
    net = round(abs(sum(differences)) * scale)
    # One big number holds a polynomial, the product of (1 + x^step): its k-th digit counts the swaps whose
    # positive terms sum to k, and the sum of its digits is its remainder by the base less one.
    base_bits, ways = len(steps) + 2, 1
    for step in steps:
        ways += ways << (step * base_bits)
    smaller_side = (sum(steps) - net) // 2
    tail = ways & ((1 << (smaller_side + 1) * base_bits) - 1)
    return min(1.0, 2 * (tail % ((1 << base_bits) - 1)) / (1 << len(steps)))


def paired(before: Sequence[float], after: Sequence[float]) -> Paired:
    """Compare two models problem by problem, each problem's share of passes at the same place in both."""
    differences = [second - first for first, second in zip(before, after, strict=True)]
    n, difference = len(differences), fmean(differences)
    up = sum(d for d in differences if d > 0)
    down = -sum(d for d in differences if d < 0)
    spread = fmean([d * d for d in differences]) - difference**2
    # Averages of repeated samples scatter less than single answers: count the answers that would scatter so.
    effective = ((up + down) / n - difference**2) / spread if spread > 1e-12 else 1.0
    fixed, broken = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    single = all(d in (-1, 0, 1) for d in differences)
    return Paired(
        problems=n,
        difference=difference,
        interval=tango(up * effective, down * effective, n * effective),
        fixed=fixed,
        broken=broken,
        flips=spread + difference**2,
        p=mcnemar(fixed, broken) if single else sign_flip(differences),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction: each p as it counts when all of them were looked at."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, floor = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        floor = max(floor, min(1.0, p_values[index] * (len(p_values) - rank)))
        corrected[index] = floor
    return corrected


_NORMAL, _STEP = NormalDist(), 0.1


@lru_cache
def p_of_the_range(models: int, alpha: float = ALPHA) -> float:
    """The p, two-sided, that the best and the worst of so many equal models reach with a chance of alpha.

    From the distribution of the range of independent normal values, Tukey's studentized range.
    """
    if models < 2:
        return 1.0
    low, high = 0.0, 20.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if _chance_of_range(middle, models) > alpha else (low, middle)
    return 2 * _NORMAL.cdf(-low / sqrt(2))


def _chance_of_range(width: float, count: int) -> float:
    """That so many normal values spread wider: one is the largest, all others lie within `width` below it."""
    within = sum(
        density * (below - _NORMAL.cdf(place - width)) ** (count - 1)
        for place, density, below in _places_of_the_largest()
    )
    return 1 - count * _STEP * within


@lru_cache
def _places_of_the_largest() -> list[tuple[float, float, float]]:
    """Where it may lie, with the normal density there and the chance of less; the sum over so smooth a
    function is exact to ten digits with steps of this size."""
    places = [_STEP * n for n in range(-80, 81)]
    return [(place, _NORMAL.pdf(place), _NORMAL.cdf(place)) for place in places]


def needed_problems(difference: float, flips: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """How many problems McNemar's exact test needs to see this difference.

    Connor's formula, with 1/difference on top for what the exact test gives away.
    """
    flips, difference = max(flips, abs(difference)), abs(difference)
    if difference == 0:
        return inf
    z_alpha, z_power = z_of(1 - alpha), NormalDist().inv_cdf(power)
    spread = z_alpha * sqrt(flips) + z_power * sqrt(flips - difference**2)
    return (spread / difference) ** 2 + 1 / difference


def detectable(problems: int, flips: float, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """The smallest difference that so many problems show; None where even the greatest would stay unseen."""
    if mcnemar(problems, 0) > alpha or needed_problems(1.0, flips, alpha, power) > problems:
        return None
    return _crossing(lambda d: needed_problems(d, flips, alpha, power), problems, 1e-6, 1.0)
