"""How many answers of one model change by themselves, measured on its repeated runs and samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from benchkit.records import Run, Verdict
from benchkit.statistics import z_of
from benchkit.telling.comparison.outcomes import Outcomes, outcomes
from benchkit.telling.history.base import Store


@dataclass(frozen=True)
class Noise:
    """What repetition shows: shares from 0 to 1, scores in percent."""

    samples: int  # answers per problem, over all runs
    scores: tuple[float, ...]
    problems: int
    changing: tuple[str, ...]  # problems not always solved and not never, the least sure first
    disagreement: float  # the share of verdicts on which two single runs differ
    swing: float  # the difference between two single runs that chance alone reaches in 1 of 20 cases

    @property
    def deviation(self) -> float | None:
        return stdev(self.scores) if len(self.scores) > 1 else None


def noise(runs: Sequence[Run], store: Store) -> Noise | None:
    """None where no problem is known to have been answered twice."""
    passes = _passes(runs, store)
    repeated = {task: results for task, results in passes.items() if len(results) > 1}
    if not repeated:
        return None
    spread = {task: _spread(results) for task, results in repeated.items()}
    scores = [score for run in runs if (score := outcomes(run, store).score) is not None]
    return Noise(
        samples=max(len(results) for results in repeated.values()),
        scores=tuple(scores),
        problems=len(repeated),
        changing=tuple(sorted((t for t in spread if spread[t]), key=lambda t: (-spread[t], t))),
        disagreement=2 * fmean(spread.values()),
        swing=z_of() * sqrt(2 * sum(spread.values())) / len(repeated),
    )


def _spread(results: Sequence[bool]) -> float:
    """The unbiased variance of one answer's verdict."""
    share = fmean(results)
    return share * (1 - share) * len(results) / (len(results) - 1)


def _passes(runs: Sequence[Run], store: Store) -> dict[str, list[bool]]:
    """Every verdict on every problem, single samples apart; from lists of failed tasks where that is all."""
    passes: dict[str, list[bool]] = defaultdict(list)
    listing: list[Outcomes] = []
    for run in runs:
        rows = list(store.verdicts(run))
        if not rows:
            listing.append(outcomes(run, store))
        for row in rows:
            # One answer that two runs hold was given once.
            if row.get("verdict") != Verdict.INFRASTRUCTURE and not row.get("reused"):
                passes[str(row.get("task_id"))].append(row.get("verdict") == Verdict.PASSED)
    failures = [set(one.shares) for one in listing if one.shares is not None]
    named = sorted({*passes, *set().union(*failures)})
    total = max((one.total or 0 for one in listing), default=0)
    # Problems that no run names were solved by all.
    for task in [*named, *(f"unnamed {place}" for place in range(total - len(named)))]:
        passes[task].extend(task not in failed for failed in failures)
    return passes
