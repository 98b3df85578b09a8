"""The four parts of contestants beside one another, over the problems that they have in common.

Correctness stands alone. Quality and efficiency look at problems that all of them passed, speed at problems
that all of them answered, on one machine and undisturbed; what each number means is told in docs/scores.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from benchkit.contract import PARTS, Figure, ScorePart
from benchkit.errors import UnknownName, UsageError
from benchkit.json_values import numbers
from benchkit.records import Run
from benchkit.statistics import clustered_interval, points_interval
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.parts import NOT_MEASURED, Composite, PartScore
from benchkit.telling.comparison.response_times import against_one, against_the_fastest, timed_of
from benchkit.telling.comparison.selection import Contestant, Section, choose
from benchkit.weights import read_weights

USUAL_WEIGHTS: Mapping[str, float] = {
    ScorePart.CORRECTNESS: 0.4,
    ScorePart.SPEED: 0.2,
    ScorePart.QUALITY: 0.25,
    ScorePart.EFFICIENCY: 0.15,
}


@dataclass(frozen=True)
class Scoring:
    """How the composite was asked for."""

    weights: Mapping[str, float] | None = None  # None: those of the runs where all agree, else the usual ones
    without: frozenset[ScorePart] = frozenset()
    baseline: Run | None = None  # what speed is measured against; None: the fastest of the compared ones

    def weights_for(self, runs: Iterable[Run]) -> dict[ScorePart, float]:
        """Of the parts that count, adding up to 1."""
        given = self.weights or _agreed(runs) or USUAL_WEIGHTS
        kept = {part: given[part] for part in ScorePart if given.get(part) and part not in self.without}
        if not kept:
            raise UsageError("--without: no part is left that has a weight")
        return {part: weight / sum(kept.values()) for part, weight in kept.items()}


def scoring_of(
    catalog: Catalog, weights: str | None, without: Sequence[str], baseline_run: str | None
) -> Scoring:
    """From the words of a command line; UsageError names what is wrong with them."""
    unknown = [name for name in without if name not in list(ScorePart)]
    if unknown:
        raise UnknownName("part", unknown[0], map(str, ScorePart))
    baseline = None
    if baseline_run is not None:
        chosen = choose(catalog, (baseline_run,))
        if len(chosen) > 1:
            raise UsageError(
                f"--baseline-run {baseline_run}: {len(chosen)} runs are called so: give a run's id"
            )
        baseline = catalog.run(chosen[0])
    return Scoring(read_weights(weights) if weights else None, frozenset(map(ScorePart, without)), baseline)


def _agreed(runs: Iterable[Run]) -> Mapping[str, float] | None:
    """The weights that all of these runs were made under."""
    weights = [run.config.value("weights") for run in runs]
    if not weights or not isinstance(weights[0], str) or any(value != weights[0] for value in weights):
        return None
    try:
        return read_weights(weights[0])
    except UsageError:  # of a version that knows other parts
        return None


def scored(section: Section, scoring: Scoring) -> Section:
    """The section, its contestants with their parts."""
    rows = section.contestants
    weights = scoring.weights_for(one.run for one in rows)
    by_part = {part: measure(rows, scoring) for part, measure in _MEASURES.items()}
    by_figure = {figure: _of_passing(figure)(rows, scoring) for figure in Figure}
    composites = [
        Composite(
            {part: scores[place] for part, scores in by_part.items()},
            weights,
            {figure: scores[place] for figure, scores in by_figure.items()},
        )
        for place in range(len(rows))
    ]
    members = tuple(
        replace(one, composite=composite) for one, composite in zip(rows, composites, strict=True)
    )
    return replace(section, contestants=members)


def _part_of(run: Run, part: ScorePart | Figure) -> Mapping[str, Any] | None:
    """What the run's record has of a part."""
    parts = (run.results.script_further or {}).get(PARTS)
    record = parts.get(part) if isinstance(parts, Mapping) else None
    return record if isinstance(record, Mapping) else None


def _by_problem(one: Contestant, part: ScorePart | Figure, key: str) -> dict[str, float]:
    """Of several runs of one model the mean; empty where one of them tells nothing."""
    several = [numbers((_part_of(run, part) or {}).get(key)) or {} for run in one.runs]
    shared = set.intersection(*(set(values) for values in several))
    return {task: fmean(values[task] for values in several) for task in sorted(shared)}


def _correctness(rows: Sequence[Contestant], _scoring: Scoring) -> list[PartScore]:
    return [_correctness_of(one) for one in rows]


def _correctness_of(one: Contestant) -> PartScore:
    """By shares of tests where the run tells them, else by problems passed."""
    points = _by_problem(one, ScorePart.CORRECTNESS, "points")
    if points:
        low, high = clustered_interval([value / 100 for value in points.values()])
        return PartScore(fmean(points.values()), (100 * low, 100 * high), len(points))
    score, interval = one.outcomes.score, one.outcomes.interval
    if score is None:
        return PartScore(why="the run has no score")
    return PartScore(score, interval and (100 * interval[0], 100 * interval[1]), one.outcomes.total or 0)


def _of_passing(part: ScorePart | Figure) -> Callable[[Sequence[Contestant], Scoring], list[PartScore]]:
    """A part whose points the record has by problem, over those that all contestants who have any passed."""

    def measure(rows: Sequence[Contestant], _scoring: Scoring) -> list[PartScore]:
        points = [_by_problem(one, part, "points") for one in rows]
        methods = {_method(one.run, part) for one, known in zip(rows, points, strict=True) if known}
        known = [set(values) for values in points if values]
        shared = sorted(set.intersection(*known)) if known else []
        return [
            _of_shared(values, shared, methods) if values else PartScore(why=_why_none(one.run, part))
            for one, values in zip(rows, points, strict=True)
        ]

    return measure


def _method(run: Run, part: ScorePart | Figure) -> str:
    return str((_part_of(run, part) or {}).get("method") or "")


def _why_none(run: Run, part: ScorePart | Figure) -> str:
    record = _part_of(run, part)
    if record is None:
        return NOT_MEASURED
    unmeasured = numbers(record.get("unmeasured")) or {}
    counted = ", ".join(f"{why} ({count:.0f})" for why, count in unmeasured.items())
    reasons = counted if len(unmeasured) > 1 else "".join(unmeasured)
    return str(record.get("why") or reasons or "no answer passed")


def _of_shared(values: Mapping[str, float], shared: Sequence[str], methods: set[str]) -> PartScore:
    if len(methods) > 1:
        return PartScore(
            why=f"measured in different ways: {_what_differs(methods)}: --rejudge measures again"
        )
    if not shared:
        return PartScore(why="there is no problem that all of these passed and that was measured")
    points = [values[task] for task in shared]
    return PartScore(fmean(points), points_interval(points), len(points))


def _what_differs(methods: set[str]) -> str:
    """`clippy 0.1.95 or clippy absent`: the tools that all methods name alike are no reason."""
    tools = [method.split(", ") for method in sorted(methods)]
    shared = set.intersection(*map(set, tools))
    return " or ".join(", ".join(one for one in each if one not in shared) or "without it" for each in tools)


def _speed(rows: Sequence[Contestant], scoring: Scoring) -> list[PartScore]:
    """By response times against the baseline's."""
    timed = [timed_of(one.runs, _by_problem(one, ScorePart.SPEED, "seconds")) for one in rows]
    if scoring.baseline is None:
        return against_the_fastest(timed)
    record = _part_of(scoring.baseline, ScorePart.SPEED) or {}
    return against_one(timed, timed_of([scoring.baseline], numbers(record.get("seconds")) or {}))


_MEASURES: Mapping[ScorePart, Callable[[Sequence[Contestant], Scoring], list[PartScore]]] = {
    ScorePart.CORRECTNESS: _correctness,
    ScorePart.SPEED: _speed,
    ScorePart.QUALITY: _of_passing(ScorePart.QUALITY),
    ScorePart.EFFICIENCY: _of_passing(ScorePart.EFFICIENCY),
}
