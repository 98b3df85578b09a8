"""Pairs of contestants, each ended by one of four words.

Better and worse need the exact test to hold after Holm's correction over all pairs; equivalent needs the
whole 95% interval within the margin; everything else is inconclusive, and says what would be needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from math import ceil, floor, isinf, log10
from statistics import fmean

from benchkit.statistics import (
    ALPHA,
    Interval,
    clustered_interval,
    detectable,
    fisher,
    holm,
    mcnemar,
    needed_problems,
    newcombe,
    paired,
    wilson,
)
from benchkit.telling.comparison.outcomes import Outcomes, matched
from benchkit.telling.comparison.selection import Contestant, Section
from benchkit.telling.tables.columns import decimal

MARGIN = 5.0  # points
MOST_JUDGED = 300  # models; their pairs grow with the square


class Word(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Evidence:
    """What two contestants' answers show, before other pairs are thought of; shares from 0 to 1."""

    problems: tuple[int, int]  # equal where paired
    shares: tuple[float, float]
    intervals: tuple[Interval, Interval]
    difference: float
    interval: Interval
    flips: float
    p: float
    fixed: int | None = None  # None where nobody knows which problems were solved
    broken: int | None = None


@dataclass(frozen=True)
class PairVerdict:
    """Of `after` against `before`; the evidence is gathered only where it is shown."""

    before: Contestant
    after: Contestant
    title: str
    p_corrected: float | None  # None where nothing but two scores is known
    pairs: int = 1
    margin: float = MARGIN

    @cached_property
    def evidence(self) -> Evidence | None:
        return evidence(self.before.outcomes, self.after.outcomes)

    @property
    def apart(self) -> bool:
        """Whether the two are distinguished, all pairs considered."""
        return self.p_corrected is not None and self.p_corrected < ALPHA

    @property
    def word(self) -> Word:
        if self.evidence is None:
            return Word.INCONCLUSIVE
        if self.apart:
            return Word.BETTER if self.evidence.difference > 0 else Word.WORSE
        low, high = self.evidence.interval
        within = -self.margin <= 100 * low and 100 * high <= self.margin
        return Word.EQUIVALENT if within else Word.INCONCLUSIVE

    @property
    def alpha(self) -> float:
        """The strictest level that Holm's correction asks of any pair."""
        return ALPHA / self.pairs


def verdicts(
    section: Section, baseline: Contestant | None = None, margin: float = MARGIN
) -> list[PairVerdict]:
    """All pairs in the order of the contestants, or all others against the baseline."""
    pairs = (
        [(baseline, one) for one in section.contestants if one is not baseline]
        if baseline
        else list(combinations(_best(section.contestants), 2))
    )
    pairs = [pair for pair in pairs if any(one.outcomes.score is not None for one in pair)]
    p_values = [p_of(before.outcomes, after.outcomes) for before, after in pairs]
    known = [p for p in p_values if p is not None]
    corrected = iter(holm(known))
    count = max(1, len(known))
    return [
        PairVerdict(before, after, section.title, None if p is None else next(corrected), count, margin)
        for (before, after), p in zip(pairs, p_values, strict=True)
    ]


def _best(contestants: Sequence[Contestant]) -> list[Contestant]:
    """As many as can be judged in pairs, in their order."""
    if len(contestants) <= MOST_JUDGED:
        return list(contestants)
    scores = sorted((one.outcomes.score or 0.0 for one in contestants), reverse=True)
    good = [one for one in contestants if (one.outcomes.score or 0.0) >= scores[MOST_JUDGED - 1]]
    return good[:MOST_JUDGED]


def p_of(before: Outcomes, after: Outcomes) -> float | None:
    """The p of a pair; quick for single samples, of which a night has thousands of pairs."""
    if (stopped := before.stopped or after.stopped) is not None:
        from benchkit.racing import p_of_parts  # few models were raced

        shares = matched(before, after)
        return None if shares is None else p_of_parts(_differences(shares), stopped.of)
    one, other = before.failed, after.failed
    if one is not None and other is not None and before.asked == after.asked:
        return mcnemar(len(one - other), len(other - one))
    result = evidence(before, after)
    return result.p if result else None


def evidence(before: Outcomes, after: Outcomes) -> Evidence | None:
    """Paired where it is known which problems each solved, else unpaired; None without totals."""
    shares = matched(before, after)
    stopped = before.stopped or after.stopped
    if shares is None:
        return None if stopped else _unpaired(before, after)
    test = paired(*shares)
    # A race looks again and again, and stops when one is behind: only this evidence still holds then.
    raced = None
    if stopped:
        from benchkit.racing import compare_parts

        raced = compare_parts(_differences(shares), stopped.of)
    return Evidence(
        problems=(test.problems, test.problems),
        shares=(fmean(shares[0]), fmean(shares[1])),
        intervals=(clustered_interval(shares[0]), clustered_interval(shares[1])),
        difference=test.difference,
        interval=raced.interval if raced else test.interval,
        flips=test.flips,
        p=raced.p if raced else test.p,
        fixed=test.fixed,
        broken=test.broken,
    )


def _differences(shares: tuple[Sequence[float], Sequence[float]]) -> list[float]:
    return [second - first for first, second in zip(*shares, strict=True)]


def _unpaired(before: Outcomes, after: Outcomes) -> Evidence | None:
    if before.passed is None or after.passed is None or not before.total or not after.total:
        return None
    one, other = (before.passed, before.total), (after.passed, after.total)
    first, second = before.passed / before.total, after.passed / after.total
    return Evidence(
        problems=(before.total, after.total),
        shares=(first, second),
        intervals=(wilson(*one), wilson(*other)),
        difference=second - first,
        interval=newcombe(one, other),
        flips=first * (1 - second) + second * (1 - first),
        p=fisher(one, other),
    )


def line(verdict: PairVerdict) -> str:
    """The verdict in one line, such as a person reads at breakfast."""
    head = f"{verdict.after.label} vs {verdict.before.label} · {verdict.title}"
    shown = verdict.evidence
    if shown is None:
        before, after = (_score(one.outcomes.score) for one in (verdict.before, verdict.after))
        return (
            f"{head} · {before} → {after} · INCONCLUSIVE: not both runs say how many of how many were solved"
        )
    low, high = shown.interval
    parts = [
        head,
        _basis(shown),
        f"{100 * shown.shares[0]:.1f}% → {100 * shown.shares[1]:.1f}%",
        f"{_points(shown.difference)} [{_points(low)}, {_points(high)}]",
    ]
    if shown.fixed is not None:
        parts.append(f"{shown.fixed} fixed, {shown.broken} broken")
    return " · ".join([*parts, _p_words(verdict, shown), _conclusion(verdict, shown)])


def marks(verdict: PairVerdict) -> str:
    """What differs between the two beside the model, where they were shown together all the same."""
    odd = [f"{one.label}: {one.mark}" for one in (verdict.before, verdict.after) if one.mark]
    return f"≠ not under the same conditions ({'; '.join(odd)})" if odd else ""


def _basis(shown: Evidence) -> str:
    if shown.fixed is not None:
        return f"{shown.problems[0]} paired"
    return f"unpaired ({shown.problems[0]} and {shown.problems[1]}; which ones were solved is not known)"


def _score(score: float | None) -> str:
    return "unknown" if score is None else f"{score:.1f}%"


def _p_words(verdict: PairVerdict, shown: Evidence) -> str:
    plain = _p(shown.p)
    if verdict.pairs == 1 or verdict.p_corrected is None:
        return f"p{plain}"
    return f"p{plain} (p{_p(verdict.p_corrected)} among {verdict.pairs} pairs)"


def _p(p: float) -> str:
    if p < 0.001:
        return "<0.001"
    return f"={p:.3f}" if p < 0.0995 else f"={p:.2f}"


def _conclusion(verdict: PairVerdict, shown: Evidence) -> str:
    if verdict.word is Word.EQUIVALENT:
        return f"EQUIVALENT within ±{verdict.margin:g} points"
    if verdict.word is Word.INCONCLUSIVE:
        return f"INCONCLUSIVE: {_what_is_needed(verdict, shown)}"
    return verdict.word.upper()


def _what_is_needed(verdict: PairVerdict, shown: Evidence) -> str:
    """`164 problems detect 9 points here; about 420 are needed for 5.5`"""
    if any(one.outcomes.stopped for one in (verdict.before, verdict.after)):
        return f"{shown.problems[0]} common problems of a race do not tell; batch … --finish asks the rest"
    problems = min(shown.problems)
    seen = detectable(problems, shown.flips, verdict.alpha)
    first = f"{problems} problems " + (
        f"detect {points_seen(seen)} points here" if seen else "are too few to tell"
    )
    needed = needed_problems(shown.difference, shown.flips, verdict.alpha)
    if isinf(needed):
        return first
    return f"{first}; about {rounded_up(needed)} are needed for {abs(100 * shown.difference):.1f}"


def points_seen(share: float) -> str:
    """Whole points where they say enough."""
    points = 100 * share
    return decimal(points, 0 if points >= 3 else 1)


def rounded_up(number: float) -> str:
    """To two figures, upwards: an estimate should not look like a count."""
    step = 10 ** max(0, floor(log10(max(1.0, number))) - 1)
    return f"{ceil(number / step) * step:,}"


def _points(share: float) -> str:
    """`+5.5`, `−0.5`, with a true minus sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def against(section: Section, wanted: str) -> Contestant | None:
    """The contestant of that label, model or run id; None where the section has none."""
    for one in section.contestants:
        if wanted in (one.label, one.run.model) or one.run.id.startswith(wanted):
            return one
    return None
