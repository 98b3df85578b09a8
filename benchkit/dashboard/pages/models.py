"""Every model that was ever run, and all runs of one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.pages.choosing import small_catalog
from benchkit.dashboard.pages.rendering import nearest_page, render, site_of
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.models import history_rows, model_rows
from benchkit.telling.comparison.selection import choose
from benchkit.telling.history.index.history import IndexedHistory

router = APIRouter()
ROWS = 50  # on a page


@router.get("/models")
def models(request: Request) -> HTMLResponse:
    history = site_of(request).history
    catalog = small_catalog(history)
    counted = {one.model: one for one in history.counts()}
    rows = [
        replace(row, runs=counted[row.name].runs, failed=counted[row.name].not_ok)
        for row in (model_rows(catalog) if len(catalog) else ())
        if row.name in counted
    ]
    return render(request, "models.html", rows=rows, facts=facts)


@dataclass(frozen=True)
class ChosenRuns:
    """Of one model, the newest first, page by page."""

    catalog: Catalog  # of the page, and of what its runs are held against
    total: int
    place: int
    pages: int
    shown: frozenset[str]  # ids of the runs on the page


@router.get("/models/{name:path}")
def model(request: Request, name: str, page: int = 1) -> HTMLResponse:
    chosen = chosen_runs(site_of(request).history, name, page)
    rows = [row for row in history_rows(chosen.catalog, name, None) if row.one.run.id in chosen.shown]
    return render(request, "model.html", name=name, rows=rows[::-1], chosen=chosen, facts=facts)


def chosen_runs(history: IndexedHistory, name: str, page: int) -> ChosenRuns:
    heads = sorted(history.heads_of(name), key=lambda head: head.when)
    if not heads:
        choose(small_catalog(history), (name,))  # says what there is
    place, pages = nearest_page(page, len(heads), ROWS)
    end = len(heads) - (place - 1) * ROWS
    shown = heads[max(0, end - ROWS) : end]
    before = {head.benchmark: head for head in heads[: max(0, end - ROWS)]}
    catalog = Catalog(history, [*before.values(), *shown])
    return ChosenRuns(catalog, len(heads), place, pages, frozenset(head.id for head in shown))
