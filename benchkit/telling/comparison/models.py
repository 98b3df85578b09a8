"""Every model that was ever run, and the history of one; as rows, and as lines for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchkit.records import Run
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.conditions import Conditions, conditions, differing, in_words
from benchkit.telling.comparison.selection import Contestant, choose, contestant, latest_good
from benchkit.telling.history.heads import RunHead
from benchkit.telling.history.notes import Note
from benchkit.terminal import how_many, printable


@dataclass(frozen=True)
class ModelRow:
    """A model, with its last good run of each problem set."""

    name: str
    runs: int
    failed: int
    last: str  # the day
    latest: tuple[Run, ...]

    def as_line(self) -> str:
        """`name · 12 runs, 1 failed · last 2026-11-20 · HumanEval 70.1%, LiveCodeBench 12.0%`"""
        runs = how_many(self.runs, "run") + (f", {self.failed} not ended well" if self.failed else "")
        scores = [
            f"{facts.set_name(run)} {'unknown' if run.results.score is None else f'{run.results.score:.1f}%'}"
            for run in self.latest
        ]
        return printable(f"{self.name} · {runs} · last {self.last} · {', '.join(scores) or 'no score yet'}")


@dataclass(frozen=True)
class HistoryRow:
    """One run of a model, and what changed in the settings since the one before."""

    one: Contestant
    note: Note
    changed: str

    def as_line(self) -> str:
        run, interval = self.one.run, self.one.outcomes.interval
        score = "no score" if self.one.outcomes.score is None else f"{self.one.outcomes.score:.1f}%"
        parts = [
            f"{run.timestamp[:16].replace('T', ' ')}  {run.id}  {facts.set_name(run)}",
            score + (f" [{100 * interval[0]:.1f}–{100 * interval[1]:.1f}]" if interval else ""),
            run.status.value if run.error is None else f"{run.status.value}: {run.error}",
            self.note.in_words(),
            f"changed: {self.changed}" if self.changed else "",
        ]
        return printable(" · ".join(part for part in parts if part))


def model_rows(catalog: Catalog) -> list[ModelRow]:
    """By name."""
    if not len(catalog):
        choose(catalog, ())  # says that there is nothing, and what to do
    by_model: dict[str, list[RunHead]] = defaultdict(list)
    for entry in catalog.heads:
        by_model[entry.model].append(entry)
    return [_model_row(catalog, name, by_model[name]) for name in sorted(by_model, key=str.casefold)]


def _model_row(catalog: Catalog, name: str, entries: Sequence[RunHead]) -> ModelRow:
    last = max(entries, key=lambda entry: entry.when)
    return ModelRow(
        name,
        len(entries),
        sum(not entry.ok for entry in entries),
        last.timestamp[:10],
        tuple(catalog.run(entry) for entry in latest_good(entries)),
    )


def history_rows(catalog: Catalog, model: str, benchmark: str | None) -> list[HistoryRow]:
    """Every run of a model in time."""
    entries = _runs_of(catalog, model, benchmark)
    if not entries:  # no model's name: a run's, or one that the error below calls unknown
        entries = _runs_of(catalog, choose(catalog, (model,), benchmark)[0].model, benchmark)
    known = catalog.store.notes()
    rows: list[HistoryRow] = []
    before: dict[str, Conditions] = {}
    for entry in sorted(entries, key=lambda entry: entry.when):
        run = catalog.run(entry)
        now = conditions(run)
        last = before.get(entry.benchmark, now)
        changed = in_words(differing([("before", last), ("now", now)]))
        before[entry.benchmark] = now
        rows.append(HistoryRow(contestant(catalog, [run], run.id), known.get(run.id, Note()), changed))
    return rows


def _runs_of(catalog: Catalog, model: str, benchmark: str | None) -> list[RunHead]:
    return [e for e in catalog.heads if e.model == model and benchmark in (None, e.benchmark)]
