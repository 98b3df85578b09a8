"""What a script tells the process that started it: a line for each event, and a heartbeat while it asks."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from benchkit.asking.script.journal import explained
from benchkit.contract import Event, EventKey, Variable
from benchkit.repeating import repeating

BEATS_EVERY_S = 2.0


class EventLog:
    """The file of events, where the runner wants one; several may append to one file."""

    def __init__(self) -> None:
        self._file = _open_events()

    def write(self, event: Event, facts: Mapping[EventKey, Any]) -> None:
        """One line for the process that started this one; a broken pipe or a full disk there ends no run."""
        if self._file is None:
            return
        try:
            self._file.write(json.dumps({EventKey.EVENT: event, **facts}) + "\n")
            self._file.flush()
        except OSError:
            self._file = None


class Heartbeat:
    """Whether requests are under way, and how long ago the latest token came; safe from several threads.

    Told by a thread of its own and only where something has changed: a server that falls silent is one of
    which no line comes, and an answer of a thousand tokens is no thousand lines.
    """

    def __init__(self, every_s: float = BEATS_EVERY_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._every_s, self._clock, self._lock = every_s, clock, Lock()
        self._under_way, self._latest = 0, clock()
        self._told: tuple[int, float] | None = None

    @contextmanager
    def request(self) -> Iterator[None]:
        """While one is under way; the first begins a new wait for a token."""
        with self._lock:
            self._under_way += 1
            if self._under_way == 1:
                self._latest = self._clock()
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def note_token(self) -> None:
        self._latest = self._clock()

    @contextmanager
    def beating(self) -> Iterator[None]:
        log = EventLog()
        try:
            with repeating(self._every_s, lambda: self.tell(log)):
                yield
        finally:
            with self._lock:
                self._under_way = 0
            if self._told is not None and self._told[0]:  # nobody needs to take back what was never told
                self.tell(log)

    def tell(self, log: EventLog) -> None:
        """A line, where it says anything new."""
        with self._lock:
            state = self._under_way, self._latest
            age_s = self._clock() - self._latest
        if state != self._told:
            self._told = state
            log.write(Event.HEARTBEAT, {EventKey.UNDER_WAY: state[0], EventKey.TOKEN_AGE_S: round(age_s, 3)})


def _open_events() -> TextIO | None:
    path = os.environ.get(Variable.EVENTS)
    if not path:
        return None
    with explained(Path(path)):
        return Path(path).open("a", encoding="utf-8")
