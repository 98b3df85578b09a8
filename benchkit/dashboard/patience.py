"""While the index of a long history is made, pages say how far it is, and come when it is there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from benchkit.dashboard.pages.rendering import render
from benchkit.dashboard.site import Site
from benchkit.errors import BenchError
from benchkit.telling.history.index.history import IndexedHistory

SHOWN_AT_ONCE = ("/static/", "/api/", "/drawn.css", "/icon.svg", "/now", "/launch", "/settings", "/live")
"""The beginnings of addresses that do not need the history, or can wait for it."""
LONG_BYTES = 50_000_000


def make_index(history: IndexedHistory, say: Callable[[str], None]) -> threading.Thread:
    """In the background, so that the first page need not wait for it; tells each tenth of a long one."""
    told = [0]

    def report(read: int, of: int) -> None:
        tenth = 10 * read // of
        if of >= LONG_BYTES and tenth > told[0]:
            told[0] = tenth
            say(f"reading {history.place}: {10 * tenth}%")

    def follow() -> None:
        with suppress(BenchError):  # the pages say what is wrong with it
            history.follow(report)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    return thread


class Patience:
    """Around the pages."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        progress = self._site.history.progress
        if progress is None or scope["type"] != "http" or scope["path"].startswith(SHOWN_AT_ONCE):
            return await self._app(scope, receive, send)
        page = render(Request(scope), "reading.html", status=503, percent=int(100 * progress))
        return await page(scope, receive, send)
