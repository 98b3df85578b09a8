"""A part of a leaderboard: some of its models, or only the problems of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from benchkit.json_values import number, whole
from benchkit.records import Run
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.outcomes import Outcomes
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.history.base import Store
from benchkit.telling.history.naming import family_of, quantization_of

KINDS = ("language", "area", "difficulty")
"""What a problem may be called by, as its verdict's line says it."""


@dataclass(frozen=True)
class Narrowing:
    """None asks for nothing."""

    family: str | None = None
    quantization: str | None = None
    most_gib: float | None = None  # the model's file
    language: str | None = None
    area: str | None = None
    difficulty: str | None = None

    def narrowed(self, one: Contestant, store: Store) -> Contestant | None:
        """The contestant with only these problems; None where it is none of these models."""
        if not self._accepts(one.run):
            return None
        wanted = {name: value for name in KINDS if (value := getattr(self, name)) is not None}
        if not wanted:
            return one
        part = _part(one, store, wanted)
        return None if part is None else replace(one, outcomes=part)

    def _accepts(self, run: Run) -> bool:
        size = facts.size_gib(run)
        return (
            self.family in (None, family_of(run))
            and self.quantization in (None, quantization_of(run))
            and (self.most_gib is None or (size is not None and size <= self.most_gib))
        )


def _part(one: Contestant, store: Store, wanted: Mapping[str, str]) -> Outcomes | None:
    """From the verdicts, where they say of what kind their problems are; else from the run's own sums."""
    tasks = {
        str(row.get("task_id"))
        for run in one.runs
        for row in store.verdicts(run)
        if all(row.get(name) == value for name, value in wanted.items())
    }
    shares = {task: share for task in tasks if (share := one.outcomes.share(task)) is not None}
    if shares:
        passed = round(sum(shares.values()))
        return Outcomes(100 * fmean(shares.values()), passed, len(shares), shares)
    return _summed(one.run, *next(iter(wanted.items()))) if len(wanted) == 1 else None


def _summed(run: Run, name: str, value: str) -> Outcomes | None:
    kind = kinds_of(run).get(name, {}).get(value)
    if kind is None or not kind[1]:
        return None
    passed, total = kind
    return Outcomes(100 * passed / total, passed, total)


def kinds_of(run: Run) -> dict[str, dict[str, tuple[int, int]]]:
    """`{"language": {"go": (3, 10)}}`: how many of how many problems of a kind were solved."""
    further = run.results.script_further or {}
    difficulties = _mapping(further.get("difficulties"))
    kinds = {
        name: {value: count for value, group in _mapping(groups).items() if (count := _count(group))}
        for name, groups in {"difficulty": difficulties, **_mapping(further.get("groups"))}.items()
        if name in KINDS
    }
    return {name: values for name, values in kinds.items() if values}


def values_of(runs: Iterable[Run]) -> dict[str, list[str]]:
    """What can be asked for, by the field of a narrowing; nothing where there is no choice."""
    runs = list(runs)
    by_key = {
        "family": {family_of(run) for run in runs},
        "quantization": {name for run in runs if (name := quantization_of(run))},
        **{name: {value for run in runs for value in kinds_of(run).get(name, {})} for name in KINDS},
    }
    return {name: sorted(values) for name, values in by_key.items() if len(values) > 1}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(group: object) -> tuple[int, int] | None:
    """As `[passed, total]`, or as the score of a group with its counts."""
    pair = (group.get("total_passed"), group.get("total_problems")) if isinstance(group, Mapping) else group
    if not isinstance(pair, list | tuple) or len(pair) != 2 or any(number(each) is None for each in pair):
        return None
    passed, total = whole(pair[0]), whole(pair[1])
    return None if passed is None or total is None else (passed, total)
