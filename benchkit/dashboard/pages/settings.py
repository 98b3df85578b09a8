"""Settings of the page, import of results that were made elsewhere, export of the whole history."""

from __future__ import annotations

import getpass
import socket

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.page_settings import read_settings
from benchkit.dashboard.pages.launch import BEGINS_WITH
from benchkit.dashboard.pages.rendering import render, site_of
from benchkit.telling.reports import FORMATS

router = APIRouter()
DEFAULTS = (
    ("temperature", "Temperature"),
    ("max_tokens", "Longest answer, tokens"),
    ("parallel", "Slots, asked at once"),
    ("context", "Context of a slot"),
    ("gpu_layers", "Layers on the GPU"),
    ("server", "Server"),
    ("price_kwh", "Electricity, dollars a kWh"),
)


@router.get("/settings")
def settings(request: Request) -> HTMLResponse:
    site = site_of(request)
    return render(
        request,
        "settings.html",
        settings=read_settings(site.settings_file),
        defaults=DEFAULTS,
        begins_with=BEGINS_WITH,
        formats=tuple(FORMATS),
        tunnel=f"ssh -L {site.access.port}:localhost:{site.access.port} {_user()}@{socket.gethostname()}",
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name
        return "USER"
