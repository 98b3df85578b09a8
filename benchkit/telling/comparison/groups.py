"""Scores by what problems have in common: of tasks their language, area and difficulty."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchkit.telling.comparison import facts
from benchkit.telling.comparison.columns import MODEL_WIDTH
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.tables.columns import Column

GROUPED_BY = ("language", "area")
DIFFICULTY = "difficulty"


@dataclass(frozen=True)
class GroupTable:
    """A score for each model and group; empty where a model's run does not tell."""

    name: str
    columns: tuple[Column[Contestant], ...]  # the model's name, then one a group

    @property
    def groups(self) -> tuple[Column[Contestant], ...]:
        return self.columns[1:]


def group_tables(rows: Sequence[Contestant]) -> list[GroupTable]:
    """One for each fact by which a run of these tells its scores; of tasks alone."""
    tables = [_table(name, rows) for name in GROUPED_BY]
    with_groups = [table for table in tables if table.groups]
    return [*with_groups, _table(DIFFICULTY, rows)] if with_groups else []


def _table(name: str, rows: Sequence[Contestant]) -> GroupTable:
    groups = dict.fromkeys(group for row in rows for group in _scores(row, name))
    model = Column[Contestant]("model", "model", 0, lambda one: one.label, shrinks=MODEL_WIDTH)
    return GroupTable(name, (model, *(_column(name, group) for group in groups)))


def _column(name: str, group: str) -> Column[Contestant]:
    return Column(group, f"{group} %", 1, _score(name, group), 1, "high")


def _score(name: str, group: str) -> Callable[[Contestant], float | None]:
    return lambda one: _scores(one, name).get(group)


def _scores(one: Contestant, name: str) -> Mapping[str, float]:
    """Of several runs of one model their mean."""
    known = [facts.difficulties(run) if name == DIFFICULTY else facts.groups(run, name) for run in one.runs]
    names = dict.fromkeys(group for scores in known for group in scores)
    return {group: fmean(scores[group] for scores in known if group in scores) for group in names}
