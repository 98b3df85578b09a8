"""What every route of the API shares: how it refuses, and the site it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel

from benchkit.dashboard.site import Site
from benchkit.errors import HistoryError
from benchkit.records import Run


class Refused(Exception):
    """What was asked for cannot be done."""

    def __init__(self, status: int, text: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.fields = status, dict(fields or {})


class Problem(BaseModel):
    """Of every answer with a status from 400 on."""

    error: str
    fields: dict[str, str] = {}


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


TheSite = Annotated[Site, Depends(_site)]


def run_named(site: Site, run_id: str) -> Run:
    try:
        return site.history.get(run_id)
    except HistoryError as error:
        raise Refused(404, str(error)) from None
