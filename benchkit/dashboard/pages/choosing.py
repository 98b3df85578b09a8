"""Runs by their ids, and what a comparison needs of the history, without reading all of it."""

from __future__ import annotations

from collections.abc import Sequence

from benchkit.errors import HistoryError
from benchkit.records import Run
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.history import find_run
from benchkit.telling.history.heads import head_of
from benchkit.telling.history.index.history import IndexedHistory


def run_called(history: IndexedHistory, name: str) -> Run:
    """By its whole id, which is quick; else by the beginning of it."""
    try:
        return history.get(name)
    except HistoryError:
        return find_run(history, name)


def small_catalog(history: IndexedHistory, named: Sequence[str] = ()) -> Catalog:
    """Enough to choose each model's latest good run, and the named ones."""
    latest = list(history.latest_heads())
    known = {head.id for head in latest}
    further = [run_called(history, name) for name in named if name not in known]
    return Catalog(history, [*latest, *(head_of(-1, run) for run in further)])
