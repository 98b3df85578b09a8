"""What a score tells and what it does not: intervals, paired comparison, power. Pure functions, stdlib only.

Shares are fractions from 0 to 1; an interval is (low, high) and is meant at 95% unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, sqrt
from statistics import NormalDist, fmean, pvariance

CONFIDENCE = 0.95

Interval = tuple[float, float]


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
    spread = pvariance(per_problem_fractions, share)
    # No spread at all tells nothing about the scatter: then each problem counts as one answer.
    effective = problems * share * (1 - share) / spread if spread > 0 else problems
    return wilson(share * effective, effective, confidence)


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that at least one of k samples passes, unbiased, from c passes among n samples."""
    if not 0 <= c <= n or k < 1:
        raise ValueError(f"pass@{k} of {c} passes in {n} samples makes no sense")
    if k > n:
        raise ValueError(f"pass@{k} needs at least {k} samples a problem; there are {n}")
    return 1 - comb(n - c, k) / comb(n, k)
