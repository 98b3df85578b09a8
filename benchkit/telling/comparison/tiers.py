"""Tiers of models that cannot be distinguished, with at most 5% risk that any split is a false one.

The list makes one comparison a model: with its tier's first. Yet a correction for so many comparisons would
break the promise (every fifth list of 30 equal models is split), for the scores decide which models these
are: the best of many equals is far ahead of the worst by luck alone. A p is held against the distribution of
that lead, which is Tukey's studentized range, or against Holm's correction over the pairs that are left,
whichever asks for less at that step. Either keeps the risk within 5% for whatever pairs are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from benchkit.statistics import ALPHA, p_of_the_range
from benchkit.telling.comparison.selection import Contestant, Section
from benchkit.telling.comparison.verdicts import MOST_JUDGED, p_of

Pair = tuple[int, int]


def by_score(contestants: Sequence[Contestant]) -> list[Contestant]:
    """The highest first, those without a score last."""
    return sorted(contestants, key=lambda one: (one.outcomes.score is None, -(one.outcomes.score or 0)))


def tiers(section: Section) -> list[list[Contestant]]:
    """The best with all that cannot be distinguished from it; then the best of the rest, and so on."""
    ranked = by_score([one for one in section.contestants if one.outcomes.score is not None])[:MOST_JUDGED]
    apart = _pairs_apart(ranked)
    groups: list[list[Contestant]] = []
    first = 0
    for place, one in enumerate(ranked):
        if groups and (first, place) not in apart:
            groups[-1].append(one)
        else:
            groups.append([one])
            first = place
    return groups


def correction_words(models: int) -> str:
    """What was corrected, for people; empty where a single comparison needs no correction."""
    if models < 3:
        return ""
    return (
        f"{models - 1} comparisons with a tier's first, corrected for how far the best of {models} "
        f"equal models is ahead by luck: at most {100 * ALPHA:g}% risk that any split is by chance"
    )


def _pairs_apart(ranked: Sequence[Contestant]) -> set[Pair]:
    """The places of those that are distinguished, the clearest first."""
    pairs = combinations(range(len(ranked)), 2)
    known = [(p, pair) for pair in pairs if (p := p_of(*(ranked[n].outcomes for n in pair))) is not None]
    by_luck = p_of_the_range(len(ranked))
    apart: set[Pair] = set()
    for left, (p, pair) in zip(range(len(known), 0, -1), sorted(known), strict=True):
        if p >= max(by_luck, ALPHA / left):
            break
        apart.add(pair)
    return apart
