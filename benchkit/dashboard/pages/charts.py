"""Charts of other pages: pages of their own, from which those fetch them once they are there themselves."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.pages.choosing import small_catalog
from benchkit.dashboard.pages.leaderboard import chosen_boards
from benchkit.dashboard.pages.models import chosen_runs
from benchkit.dashboard.pages.rendering import render, site_of
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.models import history_rows
from benchkit.telling.reports.gallery import charts, histories
from benchkit.telling.reports.svg import Canvas

router = APIRouter()
MOST_DRAWN = 30  # models of a board


@router.get("/charts/leaderboard")
def of_leaderboard(request: Request, page: int = 1) -> HTMLResponse:
    catalog = small_catalog(site_of(request).history)
    boards = [
        part.board for part in chosen_boards(catalog, request.query_params, page).parts if not part.first
    ]
    drawn = [charts(one.section.title, [row for _, row in one.ranked[:MOST_DRAWN]]) for one in boards]
    return _page(request, (canvas for of_board in drawn for canvas in of_board.values()))


@router.get("/charts/model")
def of_model(request: Request, name: str = "") -> HTMLResponse:
    chosen = chosen_runs(site_of(request).history, name, 1)
    rows = history_rows(chosen.catalog, name, None)
    latest = {(row.one.run.benchmark, facts.set_name(row.one.run)): row.one for row in rows}
    return _page(request, histories(chosen.catalog, list(latest.values())).values())


def _page(request: Request, drawn: Iterable[Canvas]) -> HTMLResponse:
    return render(request, "charts.html", charts=list(drawn))
