"""Every model that was ever run, and all runs of one."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.pages.choosing import small_catalog
from benchkit.dashboard.pages.rendering import render, site_of
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.models import history_rows, model_rows
from benchkit.telling.comparison.selection import choose
from benchkit.telling.reports.gallery import histories

router = APIRouter()
MOST_SHOWN = 200


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


@router.get("/models/{name:path}")
def model(request: Request, name: str) -> HTMLResponse:
    history = site_of(request).history
    heads = sorted(history.heads_of(name), key=lambda head: head.when)
    if not heads:
        choose(small_catalog(history), (name,))  # says what there is
    catalog = Catalog(history, heads[-MOST_SHOWN:])
    rows = history_rows(catalog, name, None)
    latest = {(row.one.run.benchmark, facts.set_name(row.one.run)): row.one for row in rows}
    return render(
        request,
        "model.html",
        name=name,
        rows=rows[::-1],
        total=len(heads),
        charts=histories(catalog, list(latest.values())).values(),
        facts=facts,
    )
