"""The application: pages, static files, and errors as pages."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from benchkit.dashboard.guard import Guard
from benchkit.dashboard.live import router as live_router
from benchkit.dashboard.pages import ROUTERS
from benchkit.dashboard.pages.rendering import error_page
from benchkit.dashboard.site import Site
from benchkit.errors import BenchError, UsageError
from benchkit.telling.reports.svg import DARK_STYLE, STYLE
from benchkit.terminal import complain

STATIC = Path(__file__).with_name("static")


def make_app(site: Site) -> ASGIApp:
    """Everything that answers a browser, behind the guard."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    for router in (*ROUTERS, live_router):
        app.include_router(router)
    app.add_api_route("/", lambda: RedirectResponse("/leaderboard", 303))
    app.add_api_route("/drawn.css", _drawn_style)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(BenchError, _refused)
    app.add_exception_handler(HTTPException, _not_found)
    return Guard(app, site.access, partial(complain, "bench_runner.py dashboard"))


def _drawn_style() -> Response:
    """Of the charts, as in the reports."""
    return Response(STYLE + DARK_STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


async def _refused(request: Request, error: Exception) -> Response:
    return error_page(request, str(error), 404 if isinstance(error, UsageError) else 500)


async def _not_found(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return error_page(request, error.detail, error.status_code)
