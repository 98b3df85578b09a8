"""The content of a report, gathered once for all formats, each part only when a format asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

from benchkit.records import Run, Status
from benchkit.rerun import command_of_run
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.composite import scored, scoring_of
from benchkit.telling.comparison.judgements import with_judgements
from benchkit.telling.comparison.page import ComparisonPage, pages
from benchkit.telling.comparison.selection import Contestant, choose, sections
from benchkit.telling.comparison.tiers import by_score
from benchkit.telling.history.heads import RunHead
from benchkit.telling.reports.flips import ContestantAnswers, Flip, JudgedAnswer, flips
from benchkit.telling.reports.gallery import charts, histories, run_charts
from benchkit.telling.reports.svg import Canvas
from benchkit.terminal import how_many

MOST_FAILURES = 30


@dataclass(frozen=True)
class Material:
    """A report as it was asked for."""

    catalog: Catalog
    names: tuple[str, ...] = ()
    benchmark: str | None = None
    baseline: str | None = None
    repeats: bool = False
    anyway: bool = False
    attempts: bool = False  # one row a problem in the formats of rows
    weights: str | None = None  # how the composite is computed, as the command line has it
    without: tuple[str, ...] = ()
    baseline_run: str | None = None

    @cached_property
    def pages(self) -> list[ComparisonPage]:
        """One a benchmark, as `compare` shows them."""
        named = (*self.names, self.baseline) if self.names and self.baseline else self.names
        compared = sections(
            self.catalog,
            tuple(dict.fromkeys(named)),
            self.benchmark,
            repeats=self.repeats,
            anyway=self.anyway,
        )
        scoring = scoring_of(self.catalog, self.weights, self.without, self.baseline_run)
        judged = (with_judgements(one, self.catalog) for one in compared)
        return pages([scored(one, scoring) for one in judged], self.baseline)

    @cached_property
    def written(self) -> datetime:
        return datetime.now().astimezone()

    def charts(self, one: ComparisonPage) -> list[Canvas]:
        members = one.section.contestants
        drawn = charts(one.section.title, members)
        drawn |= histories(self.catalog, members) if len(members) <= 20 else {}
        return [*drawn.values(), *run_charts(members, self.catalog.store).values()]

    def flips(self, one: ComparisonPage) -> Sequence[Flip]:
        return list(flips(by_score(one.section.contestants), self.catalog.store))

    def judged(self, one: ComparisonPage) -> Iterator[JudgedAnswer]:
        """Each answer of which a judge spoke, model by model."""
        for row in one.rows:
            yield from ContestantAnswers(row, self.catalog.store).judged()

    @cached_property
    def failures(self) -> list[Run]:
        """The newest runs that did not end well and were not followed by one that did."""
        good: dict[tuple[str, str], RunHead] = {}
        bad: list[RunHead] = []
        for entry in sorted(self._entries, key=lambda entry: entry.when, reverse=True):
            if entry.ok:
                good.setdefault((entry.model, entry.benchmark), entry)
            elif (entry.model, entry.benchmark) not in good and entry.status != Status.STOPPED:
                bad.append(entry)
        return [self.catalog.run(entry) for entry in islice(bad, MOST_FAILURES)]

    @cached_property
    def machines(self) -> list[dict[str, Any]]:
        """Each machine that these runs were made on, once."""
        rows = [row for one in self.pages for row in one.rows]
        distinct: dict[str, dict[str, Any]] = {}
        for row in rows:
            facts = row.run.machine.record
            known = {name: value for name, value in facts.items() if value not in (None, "", [], {})}
            distinct.setdefault(repr(sorted(known.items())), known)
        return [machine for machine in distinct.values() if machine]

    @cached_property
    def _entries(self) -> list[RunHead]:
        wanted = (
            {entry.model for entry in choose(self.catalog, self.names, self.benchmark)}
            if self.names
            else None
        )
        return [
            entry
            for entry in self.catalog.heads
            if self.benchmark in (None, entry.benchmark) and (wanted is None or entry.model in wanted)
        ]

    def all_runs(self) -> list[Run]:
        """Every run of the models in question, failed ones too, the oldest first."""
        if not self._entries:
            choose(self.catalog, self.names, self.benchmark)  # says what is missing
        return [self.catalog.run(entry) for entry in sorted(self._entries, key=lambda entry: entry.when)]


def how_asked(one: ComparisonPage) -> str:
    """`temperature 0, token budget 1000, …` as far as it is known."""
    known = {name: value for name, value in one.section.conditions.items() if value != "unknown"}
    return ", ".join(f"{name} {value}" for name, value in known.items())


def failure_line(run: Run) -> str:
    what = f"{run.model} on {run.benchmark}, {run.timestamp[:16].replace('T', ' ')}"
    return f"{what}: {run.error or run.status.value}; again: {command_of_run(run)}"


def infrastructure_lines(rows: Sequence[Contestant]) -> list[str]:
    """Answers lost to the server or the sandbox, which no score counts against a model."""
    lost = [(one.label, one.outcomes.counts.get("infrastructure", 0)) for one in rows]
    return [
        f"{name}: {how_many(count, 'answer')} lost to the server or the sandbox, not judged"
        for name, count in lost
        if count
    ]
