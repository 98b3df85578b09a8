"""The application: pages, static files, and errors as pages."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from benchkit.dashboard.api.application import make_api
from benchkit.dashboard.at_work import runs_at_work
from benchkit.dashboard.bugs import tell_bug
from benchkit.dashboard.guard import Guard
from benchkit.dashboard.live import router as live_router
from benchkit.dashboard.pages import ROUTERS
from benchkit.dashboard.pages.rendering import error_page
from benchkit.dashboard.patience import Patience
from benchkit.dashboard.site import Site
from benchkit.errors import BenchError, UsageError
from benchkit.telling.reports.svg import DARK_STYLE, STYLE
from benchkit.terminal import complain, say

BARS = "M6 25V15h5v10zm7.5 0V7h5v18zM21 25V12h5v13z"
STATIC = Path(__file__).with_name("static")


def make_app(site: Site) -> ASGIApp:
    """Everything that answers a browser, behind the guard."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    for router in (*ROUTERS, live_router):
        app.include_router(router)
    app.add_api_route("/", _first_page)
    app.add_api_route("/drawn.css", _drawn_style)
    app.add_api_route("/icon.svg", _icon)
    app.mount("/api", make_api(site))
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(BenchError, _refused)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(Exception, _bug)
    return Guard(Patience(app, site, say), site.access, partial(complain, "bench_runner.py dashboard"))


def _first_page() -> Response:
    """Where something happens, else where one begins to read."""
    return RedirectResponse("/now" if runs_at_work() else "/leaderboard", 303)


def _drawn_style() -> Response:
    """Of the charts, as in the reports."""
    return Response(STYLE + DARK_STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


def _icon(done: int = -1) -> Response:
    """The sign in the tab, as full as the runs in progress are done."""
    top = 32 - 0.32 * min(max(done, 0), 100) if done >= 0 else 0
    full = f'<path d="M0 {top:.1f}h32v32h-32z" fill="#2ee6c5" clip-path="url(#b)"/>'
    text = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        '<rect width="32" height="32" rx="7" fill="#0b0f17"/>'
        f'<clipPath id="b"><path d="{BARS}"/></clipPath><path d="{BARS}" fill="#2a4a52"/>{full}</svg>'
    )
    return Response(text, media_type="image/svg+xml")


async def _refused(request: Request, error: Exception) -> Response:
    return error_page(request, str(error), 404 if isinstance(error, UsageError) else 409)


async def _misread(request: Request, error: Exception) -> Response:
    """A number in the address that is none."""
    assert isinstance(error, RequestValidationError)
    said = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
    return error_page(request, f"this address cannot be read: {said}", 400)


async def _bug(request: Request, _error: Exception) -> Response:
    return error_page(request, tell_bug(f"{request.method} {request.url.path}"), 500)


async def _not_found(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return error_page(request, error.detail, error.status_code)
