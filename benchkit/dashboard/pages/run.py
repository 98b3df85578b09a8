"""One run: its attempts at the left, all that is known of the chosen one at the right."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.pages.answers import attempts_of
from benchkit.dashboard.pages.rendering import render, site_of
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.selection import contestant
from benchkit.telling.history import find_run

router = APIRouter()


@router.get("/runs/{run_id}")
def run(request: Request, run_id: str) -> HTMLResponse:
    store = site_of(request).history
    found = find_run(store, run_id)
    one = contestant(Catalog(store), [found], found.model)
    return render(request, "run.html", run=found, one=one, attempts=attempts_of(store, found))
