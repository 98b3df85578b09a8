"""Watching a script at work: its events, its server, its time."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchkit.contract import Event, EventKey
from benchkit.errors import BenchError, ScriptError
from benchkit.records import Progress
from benchkit.running.live.lines import whole_lines
from benchkit.running.runner.child import Child

GLANCE_S = 0.1
SERVER_CHECK_S = 0.5
SILENT_FROM_S = 20.0  # a long prompt's batch may take some seconds
LINE_BYTES = 2048
LINES_A_CHUNK = 50
SLOWEST_LINE_S = 0.5  # of processor time: a parser that takes longer for a line is asked no more
BAR_END = b"]"  # tqdm's bar is whole, though its line ends only with its next state
_LINE_END = re.compile(rb"[\r\n]")


@dataclass(frozen=True)
class Watch:
    """What to look at while a script runs."""

    failure: Callable[[], BenchError | None]
    progress: Callable[[], Progress | None]
    show: Callable[[Progress | None], None]
    timeout_s: float | None = None


def follow(child: Child, label: str, watch: Watch) -> int:
    """Wait for the script's end and return its exit code; stop it when its server or its time is gone."""
    next_check = 0.0
    while (code := child.wait(GLANCE_S)) is None:
        seconds = time.monotonic() - child.started
        if watch.timeout_s is not None and seconds > watch.timeout_s:
            child.stop()
            raise ScriptError(f"{label} did not end within {watch.timeout_s:g} s: raise --timeout")
        if seconds >= next_check:
            next_check = seconds + SERVER_CHECK_S
            failure = watch.failure()
            if failure is not None:
                child.stop()
                raise failure
        watch.show(watch.progress())
    return code


class Silence:
    """The spells in which a server was asked and computed nothing; short ones are not worth a word."""

    def __init__(self) -> None:
        self._spell = 0.0  # the one that lasts
        self._ended: float | None = None  # all before it; None where the server never told

    def note(self, silent_s: float | None) -> float | None:
        """Take in how long it has been silent; the length of the spell where a person should know."""
        if silent_s is None and self._ended is None:
            return None
        if silent_s is None or silent_s < self._spell or self._ended is None:
            self._ended, self._spell = self.lost_s or 0.0, 0.0
        self._spell = silent_s or 0.0
        return silent_s if self._spell >= SILENT_FROM_S else None

    @property
    def lost_s(self) -> float | None:
        """The seconds lost to all of them."""
        return (
            None
            if self._ended is None
            else self._ended + (self._spell if self._spell >= SILENT_FROM_S else 0.0)
        )


class EventReader:
    """Reads the lines a script appends to its events file, each once."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._offset = 0
        self._total: int | None = None
        self._latest: Progress | None = None
        self._last_token: float | None = None  # by our clock; None: no request is under way
        self._clock = clock
        self.verdicts: dict[str, list[str]] = {}  # of this start: problem -> those of its samples
        self.asking_since: float | None = None  # by our clock

    def pass_over_earlier(self) -> None:
        """What an earlier start of the script told is not of this one."""
        with suppress(FileNotFoundError):
            self._offset = self.path.stat().st_size

    @property
    def judged(self) -> int:
        """The answers of which this start of the script has told a verdict."""
        return sum(map(len, self.verdicts.values()))

    @property
    def total(self) -> int:
        """The answers that it is to tell of."""
        return self._total or 0

    def progress(self) -> Progress | None:
        for event in self._new_events():
            whole = {name: value for name, value in event.items() if isinstance(value, int)}
            rate = event.get(EventKey.TOKENS_PER_SECOND)
            if event.get(EventKey.EVENT) == Event.HEARTBEAT:
                self._note_heartbeat(whole.get(EventKey.UNDER_WAY), event.get(EventKey.TOKEN_AGE_S))
            if event.get(EventKey.EVENT) == Event.START:
                self.verdicts, self.asking_since = {}, self._clock()
            elif event.get(EventKey.EVENT) == Event.PROBLEM:
                samples = self.verdicts.setdefault(str(event.get(EventKey.ID)), [])
                samples.append(str(event.get(EventKey.VERDICT)))
            self._total = whole.get(EventKey.OF) or whole.get(EventKey.TOTAL) or self._total
            if EventKey.DONE in whole:
                self._latest = Progress(
                    done=whole[EventKey.DONE],
                    total=self._total,
                    passed=whole.get(EventKey.PASSED),
                    tokens_per_second=rate if isinstance(rate, int | float) else None,
                )
        return self._latest

    def silent_s(self) -> float | None:
        """How long the script has waited for a token; None where it waits for none, or does not say."""
        return None if self._last_token is None else self._clock() - self._last_token

    def _note_heartbeat(self, under_way: int | None, age_s: object) -> None:
        self._last_token = None
        if under_way and isinstance(age_s, int | float):
            self._last_token = self._clock() - age_s

    def _new_events(self) -> list[dict[str, Any]]:
        try:
            with self.path.open("rb") as file:
                lines, self._offset = whole_lines(file, self._offset)
        except FileNotFoundError:
            return []
        return [event for line in lines if (event := _parse(line)) is not None]


class PrintedProgress:
    """Progress from what a script prints, for those that write no events."""

    def __init__(self, read_line: Callable[[str], Progress | None]) -> None:
        self._read_line = read_line
        self._begun = b""
        self._latest: Progress | None = None
        self._is_slow = False

    def feed(self, chunk: bytes) -> None:
        """Of a flood only the last lines are read: the ones before them are already history."""
        *lines, begun = _LINE_END.split(self._begun + chunk)
        for line in lines[-LINES_A_CHUNK:]:
            self._read(line)
        self._begun = begun[-LINE_BYTES:]
        if begun.rstrip().endswith(BAR_END):
            self._read(begun)

    def _read(self, line: bytes) -> None:
        if not line or self._is_slow:
            return
        began = time.thread_time()
        with suppress(Exception):  # a foreign parser's error must not end the run
            self._latest = self._read_line(line[-LINE_BYTES:].decode(errors="replace")) or self._latest
        # A pattern that backtracks for so long would hold up the script's output, line after line.
        self._is_slow = time.thread_time() - began > SLOWEST_LINE_S

    def progress(self) -> Progress | None:
        return self._latest


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None  # not ours to judge: events are for show
    return event if isinstance(event, dict) else None
