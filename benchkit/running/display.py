"""Where a run shows what it does: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import codecs
import os
import sys
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol, TextIO

from benchkit.running.live import Snapshot
from benchkit.running.live.form import STARTING
from benchkit.terminal import duration, printable, printable_lines, say, whoever_reads

PLAIN_LINE_EVERY_S = 60.0


class Display(Protocol):
    """Where a run shows what it does."""

    # A line for the person: a stage, a warning.
    def line(self, text: str) -> None: ...

    # What the script printed, as it came.
    def output(self, chunk: bytes) -> None: ...

    # How far the script is; called often, shown as often as is good.
    def progress(self, label: str, snapshot: Snapshot) -> None: ...

    # The script has ended.
    def progress_done(self) -> None: ...


def open_display(*, output_to_stderr: bool = False) -> Display:
    """A live line where a person watches, one plain line a minute elsewhere (logs, pipes, cron)."""
    output = sys.stderr if output_to_stderr else sys.stdout
    if output.isatty() and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return LiveDisplay()
    return PlainDisplay(output.buffer, sys.stderr)


class PlainDisplay:
    def __init__(self, output: BinaryIO, lines: TextIO) -> None:
        self._output, self._lines = output, lines
        self._shown = time.monotonic()
        self._silent = False  # what was told last
        self._half_line = False  # of the script's output, so far

    def line(self, text: str) -> None:
        say(text, self._lines)

    def output(self, chunk: bytes) -> None:
        if chunk:
            self._half_line = not chunk.endswith(b"\n")
        with whoever_reads(self._output):  # the run's folder keeps it anyway
            self._output.write(chunk)
            self._output.flush()

    def progress(self, label: str, snapshot: Snapshot) -> None:
        now = time.monotonic()
        has_news = snapshot.done is not None or snapshot.silent_s is not None
        fell_silent = snapshot.silent_s is not None and not self._silent
        self._silent = snapshot.silent_s is not None
        if fell_silent or (has_news and now - self._shown >= PLAIN_LINE_EVERY_S):
            self._shown = now
            self.line(f"{label}: {progress_text(snapshot)}")

    def progress_done(self) -> None:
        self._shown = time.monotonic()
        if self._half_line:  # what is told next stands in a line of its own
            self.output(b"\n")


class LiveDisplay:
    """One line at the bottom that changes; everything else scrolls above it, in whole lines.

    Half a line would be overwritten by the one at the bottom.
    """

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._status: Any = None

    def line(self, text: str) -> None:
        with whoever_reads(sys.stderr):
            self._console.print(printable_lines(text), markup=False)

    def output(self, chunk: bytes) -> None:
        with whoever_reads(sys.stderr):
            whole, newline, begun = (self._begun + self._decoder.decode(chunk)).rpartition("\n")
            self._begun = begun.rpartition("\r")[2]  # a progress bar's earlier states are not worth keeping
            if newline:
                self._console.out(whole, highlight=False)

    def progress(self, label: str, snapshot: Snapshot) -> None:
        if self._status is None:
            self._status = self._console.status("", spinner="dots")
        with whoever_reads(sys.stderr):
            self._status.start()
            self._status.update(_plain_text(printable(f"{label}: {progress_text(snapshot)}")))

    def progress_done(self) -> None:
        status, self._status = self._status, None
        with whoever_reads(sys.stderr):
            if status is not None:
                status.stop()
            if self._begun:
                self.output(b"\n")


def _plain_text(text: str) -> Any:
    from rich.text import Text

    return Text(text)


def progress_text(snapshot: Snapshot) -> str:
    """`37/164 · 78.4% so far · 512 tok/s · 8,123 MB VRAM · 2m10s left`, what is not known left out."""
    if snapshot.state == STARTING:
        return "its server is starting"
    return " · ".join(_parts(snapshot))


def _parts(now: Snapshot) -> Iterator[str]:
    yield f"running for {duration(now.seconds)}" if now.done is None else f"{now.done}/{now.total or '?'}"
    if now.score is not None:
        yield f"{now.score:.1f}% so far"
    if now.silent_s is not None:
        yield f"no token for {now.silent_s:.0f} s"
    elif now.tokens_per_second is not None:
        yield f"{now.tokens_per_second:,.0f} tok/s"
    if now.vram_mb is not None:
        yield f"{now.vram_mb:,.0f} MB VRAM"
    if now.seconds_left is not None:
        yield f"{duration(now.seconds_left)} left"
