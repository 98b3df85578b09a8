"""All runs, paged, filtered and searched; the filters stand in the address."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.pages.rendering import nearest_page, render, site_of
from benchkit.records import Status
from benchkit.telling.history.finding import EVERYTHING, Filter, Page, SortOrder

router = APIRouter()
ROWS = 100
MOST_PAGES = 10**9  # beyond what any history has


@router.get("/runs")
def runs(request: Request, q: str = "", page: int = 1, sort: str = "added", down: int = 1) -> HTMLResponse:
    store = site_of(request).history
    asked = request.query_params
    wanted = Filter(
        benchmark=asked.get("benchmark") or None,
        model=asked.get("model") or None,
        status=asked.get("status") or None,
        text=q.strip() or None,
    )
    order = SortOrder(sort, bool(down))
    tried = min(max(1, page), MOST_PAGES)
    matching = store.find(wanted, order, Page((tried - 1) * ROWS, ROWS))
    place, pages = nearest_page(tried, matching.total, ROWS)
    if place != tried:  # of fewer than there were
        matching = store.find(wanted, order, Page((place - 1) * ROWS, ROWS))
    benchmarks = store.values_of("benchmark")
    return render(
        request,
        "runs.html",
        found=matching,
        place=place,
        pages=pages,
        sort=sort,
        down=down,
        q=q,
        notes=store.notes(),
        filtered=wanted != EVERYTHING,
        menus=(("benchmark", "Benchmark", benchmarks), ("status", "Status", [one.value for one in Status])),
    )
