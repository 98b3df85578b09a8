"""Templates, what every page shows, numbers and times for people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchkit import __version__
from benchkit.dashboard.site import Site
from benchkit.telling.tables.columns import decimal
from benchkit.terminal import duration, printable

TEMPLATES = Path(__file__).parent.parent / "templates"
MENU = (
    ("/launch", "Launch"),
    ("/now", "Now"),
    ("/leaderboard", "Leaderboard"),
    ("/runs", "Runs"),
    ("/compare", "Compare"),
    ("/models", "Models"),
    ("/settings", "Settings"),
)
UNKNOWN = Markup('<span class="unknown" aria-label="not known">–</span>')


def site_of(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template; every page gets the menu and its own address."""
    shared = {"site": site_of(request), "path": request.url.path, "menu": MENU, "version": __version__}
    query = dict(request.query_params)
    text = (
        _templates()
        .get_template(template)
        .render(**shared, query=query, address=lambda **changes: address(request, changes), **values)
    )
    return HTMLResponse(text.encode("utf-8", "replace"), status)  # half a surrogate pair is no text


def error_page(request: Request, message: str, status: int) -> HTMLResponse:
    return render(request, "error.html", status=status, message=message)


def nearest_page(page: int, lines: int, on_a_page: int) -> tuple[int, int]:
    """The page that there is for the one that was asked for, and how many there are; at least one."""
    pages = max(1, -(-lines // on_a_page))
    return min(max(1, page), pages), pages


def address(request: Request, changes: Mapping[str, Any]) -> str:
    """This page's address with other choices; None takes one out."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    words = urlencode([(name, value) for name, value in (*kept, *changes.items()) if value not in (None, "")])
    return f"{request.url.path}?{words}" if words else request.url.path


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["UNKNOWN"] = UNKNOWN
    environment.filters |= {
        "figure": figure,
        "gib": lambda megabytes: size(None if megabytes is None else int(megabytes * (1 << 20))),
        "size": size,
        "took": lambda seconds: UNKNOWN if seconds is None else duration(seconds),
        "when": when,
        "clean": printable,
        "urlquery": lambda values: urlencode(values, errors="surrogatepass"),
        "urlencode": lambda text: quote(text, errors="surrogatepass"),
    }
    return environment


def figure(value: float | None, digits: int = 1, unit: str = "") -> str:
    """A number with its unit, a dash where nobody knows it."""
    return UNKNOWN if value is None else f"{decimal(value, digits)}{unit}"


def size(count: int | None) -> str:
    """Of a file."""
    if count is None:
        return UNKNOWN
    small = count < 100 << 20
    return figure(count / (1 << (20 if small else 30)), 1, " MiB" if small else " GiB")


def when(timestamp: str) -> str:
    """`2026-11-25 22:47`"""
    return timestamp[:16].replace("T", " ")
