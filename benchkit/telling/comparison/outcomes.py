"""Which problems a run solved: from its verdicts, else from its list of failed tasks, else only how many."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean

from benchkit.json_values import whole
from benchkit.records import Run, Status, Verdict
from benchkit.statistics import Interval, clustered_interval, wilson
from benchkit.telling.comparison import facts
from benchkit.telling.history.base import Store


@dataclass(frozen=True)
class StoppedAt:
    """Where a race stopped a run: the random order in which it asked, and how many problems that has."""

    seed: int
    of: int


@dataclass(frozen=True)
class Outcomes:
    """Per problem, the share of its samples that passed; what is not known is None."""

    score: float | None  # percent
    passed: int | None = None
    total: int | None = None
    shares: Mapping[str, float] | None = None
    unlisted: int = 0  # problems not named in shares: all of them passed
    counts: Mapping[str, int] = field(default_factory=dict)
    stopped: StoppedAt | None = None  # of a run that a race stopped: then all of this is of a part

    @property
    def interval(self) -> Interval | None:
        """Of the score, at 95%, as fractions; of a stopped run, of what the whole set would have given."""
        if self.stopped is not None and self.shares:
            from benchkit.racing import bound_whole_score  # few models were raced

            return bound_whole_score(list(self.shares.values()), self.stopped.of)
        if self.shares is not None:
            return clustered_interval([*self.shares.values(), *[1.0] * self.unlisted])
        if self.passed is not None and self.total:
            return wilson(self.passed, self.total)
        return None

    def share(self, task: str) -> float | None:
        """Of one problem; a run that names only its failures passed all others."""
        return (self.shares or {}).get(task, 1.0 if self.unlisted else None)

    @cached_property
    def failed(self) -> frozenset[str] | None:
        """The problems that failed, where each was answered once; else None."""
        if self.shares is None or any(share not in (0, 1) for share in self.shares.values()):
            return None
        return frozenset(task for task, share in self.shares.items() if not share)

    @cached_property
    def asked(self) -> frozenset[str] | int | None:
        """The problems that were asked, or where only failures are named, how many."""
        return self.total if self.unlisted else frozenset(self.shares or ())


def outcomes(run: Run, store: Store) -> Outcomes:
    """What is known of one run; its verdicts come from the store."""
    known = _known(run)
    rows = list(store.verdicts(run))
    if not rows:
        return _with_failed_tasks(run, known)
    samples: dict[str, list[bool]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for row in rows:
        verdict = str(row.get("verdict"))
        counts[verdict] += 1
        # The server's or the sandbox's failure says nothing about the model.
        if verdict != Verdict.INFRASTRUCTURE and "task_id" in row:
            samples[str(row["task_id"])].append(verdict == Verdict.PASSED)
    shares = {task: fmean(passes) for task, passes in samples.items()}
    stopped = _stopped_at(run)
    if stopped is not None:  # what its interval and its pairs rest on is the order
        from benchkit.racing import order_at_random

        shares = {task: shares[task] for task in order_at_random(shares, stopped.seed)}
    return Outcomes(known.score, known.passed, known.total, shares or None, counts=counts, stopped=stopped)


def _stopped_at(run: Run) -> StoppedAt | None:
    seed, of = (facts.count(whole((run.results.part or {}).get(name))) for name in ("seed", "of"))
    if run.status is not Status.STOPPED or seed is None or of is None:
        return None
    return StoppedAt(seed, of)


def averaged(several: Sequence[Outcomes]) -> Outcomes:
    """Repeated runs of one model as one: averaged problem by problem, never pooled."""
    if len(several) == 1:
        return several[0]
    scores = [one.score for one in several if one.score is not None]
    counts: Counter[str] = Counter()
    for one in several:
        counts.update(one.counts)
    score = fmean(scores) if scores else None
    shares, unlisted = _average_shares(several)
    return Outcomes(score, _mean_passed(several), several[0].total, shares, unlisted, counts)


def _mean_passed(several: Sequence[Outcomes]) -> int | None:
    """How many one run solves on average; the newest run's count where the others are of another total."""
    known = [one.passed for one in several if one.passed is not None and one.total == several[0].total]
    return round(fmean(known)) if known else None


def _average_shares(several: Sequence[Outcomes]) -> tuple[dict[str, float] | None, int]:
    totals = {one.total for one in several}
    # A run that names only its failures implies the others by its total.
    if any(one.shares is None for one in several) or (len(totals) > 1 and any(o.unlisted for o in several)):
        return None, 0
    named = list(dict.fromkeys(task for one in several for task in one.shares or ()))
    given = {
        task: [(one.shares or {}).get(task, 1.0) for one in several if _asked(one, task)] for task in named
    }
    listed = all(one.unlisted for one in several)
    unlisted = max(0, (several[0].total or 0) - len(named)) if listed else 0
    return {task: fmean(shares) for task, shares in given.items()}, unlisted


def matched(one: Outcomes, other: Outcomes) -> tuple[list[float], list[float]] | None:
    """Both models' shares on the problems that both were asked; None where that is not known.

    Those of a stopped run come in the order in which they were asked.
    """
    if one.shares is None or other.shares is None:
        return None
    tasks: Collection[str]
    if one.unlisted and other.unlisted:
        tasks, both = {*one.shares, *other.shares}, (one.total or 0) - len({*one.shares, *other.shares})
        if one.total != other.total or both < 0:
            return None
    else:
        tasks, both = {t for t in {*one.shares, *other.shares} if _asked(one, t) and _asked(other, t)}, 0
        # No name in common: the two name their problems differently.
        if not tasks or any(side.shares and not tasks & side.shares.keys() for side in (one, other)):
            return None
        if (stopped := one.stopped or other.stopped) is not None:
            from benchkit.racing import order_at_random

            tasks = order_at_random(tasks, stopped.seed)
    first, second = (
        [*((side.shares or {}).get(t, 1.0) for t in tasks), *[1.0] * both] for side in (one, other)
    )
    return first, second


def _asked(side: Outcomes, task: str) -> bool:
    """A problem that a run does not name was passed there if the run names only failures, else not asked."""
    return side.unlisted > 0 or task in (side.shares or {})


def _known(run: Run) -> Outcomes:
    """Score and counts as the history has them; of score and counts, one may follow from the other."""
    passed, total = facts.count(run.results.total_passed), facts.count(run.results.total_problems)
    score = run.results.score
    if passed is not None and total is not None and passed > total:
        passed = total = None
    if score is None and passed is not None and total:
        score = 100 * passed / total
    return Outcomes(score, passed, total, counts=run.results.counts or {})


def _with_failed_tasks(run: Run, known: Outcomes) -> Outcomes:
    """Every problem that is not among the failed ones passed: only where the numbers agree with that."""
    failed = run.results.failed_tasks
    if failed is None or known.total is None or known.passed is None:
        return known
    tasks = set(failed)
    if known.passed != known.total - len(tasks):
        return known
    shares = dict.fromkeys(sorted(tasks), 0.0)
    return Outcomes(known.score, known.passed, known.total, shares, known.passed, known.counts)
