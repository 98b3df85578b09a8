"""What a person sees through the night: a live table on a terminal, one plain line a minute elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from benchkit.batch.state import EntryState
from benchkit.records import Progress
from benchkit.terminal import PLAIN_LINE_EVERY_S, Display, progress_text

COLUMNS = ("run", "state", "score", "progress")


def open_batch_display(
    states: Callable[[], Sequence[EntryState]],
) -> tuple[Display, AbstractContextManager[Any]]:
    """A display, and the context in which it lives."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        live = LiveTable(states)
        return live, live
    return PlainLines(), nullcontext()


def table_rows(states: Sequence[EntryState], progress: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    return [
        (
            state.label,
            state.state,
            "" if state.score is None else f"{state.score:.1f}%",
            progress.get(state.key, "") if state.state == "running" else (state.error or ""),
        )
        for state in states
    ]


class PlainLines:
    """The scripts' own output stays in their folders: a night of it helps nobody."""

    def __init__(self) -> None:
        self._started = self._shown = time.monotonic()

    def line(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def output(self, chunk: bytes) -> None:
        """Kept in output.log."""

    def progress(self, label: str, progress: Progress | None, vram_mb: float | None) -> None:
        now = time.monotonic()
        if progress is not None and now - self._shown >= PLAIN_LINE_EVERY_S:
            self._shown = now
            self.line(f"{label}: {progress_text(progress, vram_mb, now - self._started)}")

    def progress_done(self) -> None:
        self._started = self._shown = time.monotonic()


class LiveTable:
    """All runs with their state; the one at work with its progress."""

    def __init__(self, states: Callable[[], Sequence[EntryState]]) -> None:
        from rich.console import Console
        from rich.live import Live

        self._states = states
        self._progress = ""
        self._started = time.monotonic()
        self._live = Live(console=Console(stderr=True), get_renderable=self._table, refresh_per_second=4)

    def __enter__(self) -> LiveTable:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def line(self, text: str) -> None:
        self._live.console.print(text, markup=False)

    def output(self, chunk: bytes) -> None:
        """Kept in output.log."""

    def progress(self, label: str, progress: Progress | None, vram_mb: float | None) -> None:
        seconds = time.monotonic() - self._started
        self._progress = progress_text(progress, vram_mb, seconds) if progress else f"starting {label}"

    def progress_done(self) -> None:
        self._progress = ""
        self._started = time.monotonic()

    def _table(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        states = self._states()
        progress = {state.key: self._progress for state in states if state.state == "running"}
        table = Table(*COLUMNS, box=None, pad_edge=False)
        for row in self._visible(table_rows(states, progress)):
            table.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in row))
        return table

    def _visible(self, rows: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
        """As many rows as the screen has, around the one that runs."""
        room = max(5, self._live.console.height - 4)
        running = next((place for place, row in enumerate(rows) if row[1] == "running"), len(rows) - 1)
        first = max(0, min(running - room // 2, len(rows) - room))
        return rows[first : first + room]
