"""While the index of a long history is made, pages say how far it is, and come when it is there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from fastapi import FastAPI, Request
from starlette.types import Receive, Scope, Send

from benchkit.dashboard.pages.rendering import render
from benchkit.dashboard.site import Site
from benchkit.errors import BenchError
from benchkit.telling.history.index.history import IndexedHistory

SHOWN_AT_ONCE = ("/static/", "/api/", "/drawn.css", "/icon.svg", "/now", "/launch", "/settings", "/live")
"""The beginnings of addresses that do not need the history, or can wait for it."""


class Patience:
    """ASGI middleware: pages that need the history show a progress page until its index is made."""

    def __init__(self, app: FastAPI, site: Site, say: Callable[[str], None]) -> None:
        self._app = app
        self._indexing = Indexing(site.history, say)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(SHOWN_AT_ONCE):
            return await self._app(scope, receive, send)
        percent = self._indexing.percent()
        if percent is None:
            return await self._app(scope, receive, send)
        request = Request({**scope, "app": self._app})
        return await render(request, "reading.html", status=503, percent=percent)(scope, receive, send)


class Indexing:
    """Makes the index in the background, from the start on and whenever the file was written anew."""

    def __init__(self, history: IndexedHistory, say: Callable[[str], None]) -> None:
        self._history, self._say = history, say
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._tried: object = None  # the file as it was then: what fails is not tried again and again
        self.percent()

    def percent(self) -> int | None:
        """How much of the history is read; None where nobody needs to wait."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                state = self._history.state_of_file()
                if state == self._tried or not self._history.needs_reading():
                    return None
                self._tried = state
                self._thread = threading.Thread(target=self._read, daemon=True)
                self._thread.start()
            return int(100 * (self._history.progress or 0.0))

    def _read(self) -> None:
        reported = 0

        def report(read: int, of: int) -> None:
            nonlocal reported
            if (tenth := 10 * read // of) > reported:
                reported = tenth
                self._say(f"reading {self._history.place}: {10 * tenth}%")

        with suppress(BenchError):  # the pages say what is wrong with it
            self._history.follow(report)
