"""What is going on now, over one WebSocket a page; it reads the files that `status` reads.

The client says what it looks at, as often as that changes:

    {"runs": true, "follow": {"<run id>": <byte offset in the run's events.jsonl>}}

A frame is a list of messages, at most five frames a second, and only where something is new:

    {"at": seconds, "runs": [...], "waiting": [...], "batch": {...}, "boxes": [...]}    whole each time
    {"run": id, "events": [...], "offset": n, "snapshot": {...}, "log": [...]}    what came since that offset
    {"resync": id}      that offset is none of this file: forget the run's events, they come from the start
    {"over": id, "status": "ok"}    it is in the history; null where nobody knows what became of it

The files themselves are the queue: a slow client is sent more once it has taken what it was sent, and one
that comes back names the offset it had. Where nobody looks nothing is read.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from benchkit.contract import RunFile
from benchkit.dashboard.bugs import tell_bug
from benchkit.dashboard.site import Site
from benchkit.dashboard.watching import FRAME_S, Look, Message, Watch, overview_message, signature_of
from benchkit.errors import BenchError
from benchkit.running.live import LiveRun
from benchkit.running.live.lines import whole_lines
from benchkit.telling.history.sealed import last_lines, open_below

MOST_FOLLOWED = 50
LOG_LINES, LOG_BYTES = 12, 8192

router = APIRouter()


@router.websocket("/live")
async def live_route(socket: WebSocket) -> None:
    """Sends news until the client goes."""
    await socket.accept()
    onlooker = Onlooker(socket.app.state.site, watch_of(socket.app.state))
    listening = asyncio.create_task(_listen(socket, onlooker))
    try:
        while not listening.done():
            if messages := await asyncio.to_thread(onlooker.news):
                await socket.send_text(json.dumps(messages))
            await asyncio.wait({listening}, timeout=FRAME_S)
        if error := listening.exception():
            raise error
    except WebSocketDisconnect:
        pass
    except BadWish as error:
        with suppress(RuntimeError, WebSocketDisconnect):  # it has gone by itself
            await socket.close(1008, str(error))
    except Exception:
        text = tell_bug("the live connection")
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(1011, text[:120])
    finally:
        listening.cancel()


async def _listen(socket: WebSocket, onlooker: Onlooker) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        onlooker.wish(read_wish(message.get("text") or ""))


class BadWish(Exception):
    """A client's message is none that we know."""


@dataclass(frozen=True)
class Wish:
    """What a client looks at."""

    runs: bool = False
    follow: Mapping[str, int] = field(default_factory=dict)


def read_wish(text: str) -> Wish:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        raise BadWish("send JSON") from None
    follow = record.get("follow", {}) if isinstance(record, dict) else None
    if not isinstance(follow, dict) or len(follow) > MOST_FOLLOWED:
        raise BadWish('send {"runs": true, "follow": {run: offset}}')
    if any(type(offset) is not int or not 0 <= offset < 1 << 53 for offset in follow.values()):
        raise BadWish("an offset is a number of bytes")
    return Wish(record.get("runs") is True, follow)


def watch_of(state: Any) -> Watch:
    """The one of this application."""
    if not hasattr(state, "watch"):
        state.watch = Watch(state.site.place)
    watch: Watch = state.watch
    return watch


@dataclass
class _Followed:
    """A run that a client follows, and what it knows of it."""

    offset: int
    folder: Path | None = None
    checked: bool = False  # that the offset is one of this file
    snapshot: Message | None = None
    log: tuple[int, int] | None = None


class Onlooker:
    """One client: what it was told, so that it is told what is new."""

    def __init__(self, site: Site, watch: Watch) -> None:
        self._site, self._watch = site, watch
        self._lock = threading.Lock()
        self._wish = Wish()
        self._followed: dict[str, _Followed] = {}
        self._last_sent: Message | None = None

    def wish(self, wish: Wish) -> None:
        with self._lock:
            self._wish, self._last_sent = wish, None
            self._followed = {run_id: _Followed(offset) for run_id, offset in wish.follow.items()}

    def news(self) -> list[Message]:
        with self._lock:
            if not (self._wish.runs or self._followed):
                return []
            look = self._watch.look()
            messages = self._overview_news(look) if self._wish.runs else []
            for run_id in list(self._followed):
                messages += self._news_of(run_id, look.runs.get(run_id))
            return messages

    def _overview_news(self, look: Look) -> list[Message]:
        message = overview_message(look, self._site.place)
        if message == self._last_sent:
            return []
        self._last_sent = message
        return [{"at": round(time.time(), 3), **message}]

    def _news_of(self, run_id: str, live: LiveRun | None) -> list[Message]:
        followed = self._followed[run_id]
        recorded = None if live else self._recorded(run_id)
        if followed.folder is None:
            known = live.announcement.folder if live else recorded and recorded[1]
            followed.folder = Path(known) if known else None
        news = self._events_of(run_id, followed)
        if live is not None:
            news += _state_of(run_id, followed, live)
        elif not any("events" in message for message in news):  # all of them were read
            del self._followed[run_id]
            news.append({"over": run_id, "status": recorded and recorded[0]})
        return news

    def _recorded(self, run_id: str) -> tuple[str, str | None] | None:
        """The status and the folder of a run that has ended."""
        try:
            run = self._site.history.get(run_id)
        except BenchError:
            return None
        return run.status.value, run.artifacts

    def _events_of(self, run_id: str, followed: _Followed) -> list[Message]:
        if followed.folder is None:
            return []
        try:
            with open_below(followed.folder, RunFile.EVENTS) as file:
                if not (fits := _fits(file.fileno(), followed)):
                    followed.offset = 0
                lines, followed.offset = whole_lines(file, followed.offset)
                followed.checked = True
        except OSError:
            return []
        events = [event for line in lines if (event := _event(line)) is not None]
        news: list[Message] = [] if fits else [{"resync": run_id}]
        return [*news, {"run": run_id, "events": events, "offset": followed.offset}] if lines else news


def _state_of(run_id: str, followed: _Followed, live: LiveRun) -> list[Message]:
    news: Message = {}
    snapshot = {**asdict(live.snapshot), "interval": live.snapshot.interval}
    if snapshot != followed.snapshot:
        followed.snapshot = news["snapshot"] = snapshot
    output = Path(live.announcement.folder) / RunFile.OUTPUT
    written = signature_of(output)
    if written is not None and written != followed.log:
        followed.log, news["log"] = written, last_lines(output, LOG_BYTES, LOG_LINES)
    return [{"run": run_id, "events": [], "offset": followed.offset, **news}] if news else []


def _fits(file: int, followed: _Followed) -> bool:
    """Whether the offset is one at which a line of this file begins."""
    if os.fstat(file).st_size < followed.offset:
        return False
    begins = followed.offset == 0 or os.pread(file, 1, followed.offset - 1) == b"\n"
    return followed.checked or begins


def _event(line: bytes) -> Message | None:
    try:
        event = json.loads(line, parse_constant=lambda _: None)  # a browser's JSON knows no NaN
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None
