"""Every model that was ever run, and all runs of one."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.pages.rendering import render, site_of
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.models import history_rows, model_rows
from benchkit.telling.comparison.selection import contestant
from benchkit.telling.reports.gallery import histories

router = APIRouter()
MOST_SHOWN = 200


@router.get("/models")
def models(request: Request) -> HTMLResponse:
    catalog = Catalog(site_of(request).history)
    rows = model_rows(catalog) if len(catalog) else []
    return render(request, "models.html", rows=rows, facts=facts)


@router.get("/models/{name:path}")
def model(request: Request, name: str) -> HTMLResponse:
    catalog = Catalog(site_of(request).history)
    rows = history_rows(catalog, name, request.query_params.get("benchmark") or None)
    name = rows[0].one.run.model
    latest = {(row.one.run.benchmark, facts.set_name(row.one.run)): row.one.run for row in rows}
    drawn = histories(catalog, [contestant(catalog, [run], run.model) for run in latest.values()])
    return render(
        request,
        "model.html",
        name=name,
        rows=rows[::-1][:MOST_SHOWN],
        total=len(rows),
        charts=drawn.values(),
        facts=facts,
    )
