"""Speed as a part of the composite: response times problem by problem, never across machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from statistics import fmean

from benchkit.records import Run
from benchkit.statistics import mean_interval
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.parts import NOT_MEASURED, PartScore

SLOWEST = 10.0  # so many times the baseline's response time is worth no point
Conditions = tuple[str, str]
"""What a response time depends on: the machine, and how many requests there were at once."""


@dataclass(frozen=True)
class Timed:
    """Response times of one contestant, or why they cannot be compared."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    conditions: Conditions = ("", "")
    why: str = ""


def timed_of(runs: Sequence[Run], seconds: Mapping[str, float]) -> Timed:
    """The times of these runs of one model."""
    if not seconds:
        return Timed(why=NOT_MEASURED)
    if any(facts.speed_is_disturbed(run) for run in runs):
        return Timed(why="other programs took a part of the processor")
    (first, *others) = {(facts.gpu(run), str(run.config.parallel)) for run in runs}
    if others:
        return Timed(why="its runs were made on several machines, or with other requests at once")
    if first[0] == "unknown":
        return Timed(why="its machine is not known")
    return Timed({task: value for task, value in seconds.items() if value > 0}, first)


def against_the_fastest(timed: Sequence[Timed]) -> list[PartScore]:
    """The one with the least geometric mean over the problems of all is the baseline."""
    usable = [one for one in timed if not one.why]
    apart = sorted({one.conditions for one in usable})
    if len(apart) > 1:
        why = f"not all alike: {' or '.join(f'{gpu}, {count} at once' for gpu, count in apart)}"
        return [PartScore(why=one.why or why) for one in timed]
    shared = _shared(usable)
    if not shared:
        return [PartScore(why=one.why or _NOTHING_SHARED) for one in timed]
    base = min(usable, key=lambda one: fmean(log(one.seconds[task]) for task in shared))
    return [_against(one, base, shared) for one in timed]


def against_one(timed: Sequence[Timed], base: Timed) -> list[PartScore]:
    """A run that somebody named is the baseline; whoever is faster has no more than all points."""
    if base.why:
        return [PartScore(why=f"the baseline cannot be used: {base.why}")] * len(timed)
    alike = [one for one in timed if one.conditions == base.conditions]
    shared = _shared([*alike, base])
    return [
        PartScore(why=one.why or "not on the baseline's machine, or with other requests at once")
        if one.conditions != base.conditions
        else _against(one, base, shared)
        for one in timed
    ]


_NOTHING_SHARED = "there is no problem that all of these answered"


def _shared(timed: Sequence[Timed]) -> list[str]:
    return sorted(set.intersection(*(set(one.seconds) for one in timed))) if timed else []


def _against(one: Timed, base: Timed, shared: Sequence[str]) -> PartScore:
    if one.why or not shared:
        return PartScore(why=one.why or _NOTHING_SHARED)
    ratios = [log(one.seconds[task] / base.seconds[task]) for task in shared]
    interval = mean_interval(ratios)
    ends = interval and (speed_points(exp(interval[1])), speed_points(exp(interval[0])))
    return PartScore(speed_points(exp(fmean(ratios))), ends, len(shared))


def speed_points(ratio: float) -> float:
    """100 for the baseline's response time or less, 0 for ten times as much, by the logarithm in between."""
    return min(100.0, max(0.0, 100 * (1 - log(ratio) / log(SLOWEST))))
