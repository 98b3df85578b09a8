"""The leaderboard: tiers with their intervals, filters and charts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.pages.rendering import render, site_of
from benchkit.telling.comparison.board import boards
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.reports.gallery import charts

router = APIRouter()


@router.get("/leaderboard")
def leaderboard(request: Request) -> HTMLResponse:
    catalog = Catalog(site_of(request).history)
    found = boards(catalog, None, None, None) if len(catalog) else []
    shown = [(board, charts(board.section.title, board.section.contestants)) for board in found]
    return render(request, "leaderboard.html", boards=shown)
