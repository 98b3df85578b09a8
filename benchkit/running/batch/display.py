"""What a person sees while a batch runs: a live table on a terminal, one plain line a minute elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Self

from benchkit.running.batch.state import EntryState
from benchkit.running.batch.table import column, text_table
from benchkit.running.display import PLAIN_LINE_EVERY_S, progress_text
from benchkit.running.live import Snapshot
from benchkit.terminal import duration, how_many, printable_lines

STATES = ("ok", "stopped", "failed", "interrupted", "running", "racing", "waiting")
COLUMNS = (
    column("model", "model", 0),
    column("benchmark", "benchmark", 0),
    column("place", "settings", 3),
    column("box", "box", 2),
    column("state", "state", 0),
    column("score", "score %", 1, 1),
    column("speed", "tok/s", 5, 0),
    column("vram", "VRAM MB", 6, 0),
    column("took", "took", 4),
    column("left", "left", 2),
)


def batch_table(
    states: Sequence[EntryState], snapshot_of: Callable[[EntryState], Snapshot], width: int | None
) -> str:
    """All runs with their state, those at work with their progress."""
    return text_table(COLUMNS, [_row(state, snapshot_of) for state in states], width)


def _row(state: EntryState, snapshot_of: Callable[[EntryState], Snapshot]) -> dict[str, Any]:
    row = {
        "model": state.model,
        "benchmark": state.benchmark,
        "place": state.place or None,
        "box": state.box,
        "state": state.in_words,
        "score": state.score,
        "speed": state.tokens_per_second,
        "vram": state.vram_mb,
        "took": None if state.seconds is None else duration(state.seconds),
        "left": None,
    }
    return row | _at_work(snapshot_of(state)) if state.state == "running" else row


def _at_work(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "state": _state(snapshot),
        "score": snapshot.score,
        "speed": snapshot.tokens_per_second,
        "vram": snapshot.vram_mb,
        "took": duration(snapshot.seconds) if snapshot.seconds else None,
        "left": None if snapshot.seconds_left is None else duration(snapshot.seconds_left),
    }


def _state(snapshot: Snapshot) -> str:
    if snapshot.silent_s is not None:
        return f"no token for {snapshot.silent_s:.0f} s"
    if snapshot.done is None:
        return snapshot.state
    return f"running {snapshot.done}/{snapshot.total or '?'}"


class BatchDisplay:
    """What both kinds share. A script's own output stays in its folder: a batch of it would be unreadable."""

    def __init__(self, states: Callable[[], Sequence[EntryState]]) -> None:
        self.states = states
        self.snapshot = Snapshot()  # of the run at work, of several the one that told last
        self._snapshots: dict[str, Snapshot] = {}  # by the label of their runs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The terminal stays as it is."""

    def line(self, text: str) -> None:
        with suppress(OSError):  # the terminal is gone: the batch goes on without it
            self.show(printable_lines(text))

    def show(self, text: str) -> None:
        # In one write, as runs that are at work beside one another show lines at the same moment.
        print(f"{text}\n", end="", file=sys.stderr, flush=True)

    def output(self, chunk: bytes) -> None:
        """Kept in output.log."""

    def progress(self, label: str, snapshot: Snapshot) -> None:
        self.snapshot = self._snapshots[label] = snapshot

    def progress_done(self) -> None:
        """Runs that go on beside it tell their state again in a moment."""
        self.snapshot = Snapshot()
        self._snapshots.clear()

    def snapshot_of(self, state: EntryState) -> Snapshot:
        return self._snapshots.get(f"{state.benchmark} on {state.model}", self.snapshot)


class PlainLines(BatchDisplay):
    """A line each minute, also while a server takes long to start."""

    def __init__(
        self, states: Callable[[], Sequence[EntryState]], every_s: float = PLAIN_LINE_EVERY_S
    ) -> None:
        super().__init__(states)
        self._every_s = every_s
        self._over = Event()
        self._thread = Thread(target=self._report, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._over.set()
        self._thread.join()

    def _report(self) -> None:
        while not self._over.wait(self._every_s):
            for state in self.states():
                if state.state == "running":
                    self.line(f"{state.label}: {progress_text(self.snapshot_of(state))}")


class LiveTable(BatchDisplay):
    def __init__(self, states: Callable[[], Sequence[EntryState]]) -> None:
        from rich.console import Console
        from rich.live import Live

        super().__init__(states)
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._table = Live(
            console=self._console, get_renderable=self._render, refresh_per_second=2, transient=True
        )

    def __enter__(self) -> Self:
        self._table.start()
        return self

    def __exit__(self, *details: object) -> None:
        with suppress(OSError):
            self._table.stop()

    def show(self, text: str) -> None:
        self._console.print(text, markup=False)

    def _render(self) -> Any:
        from rich.text import Text

        states = self.states()
        if not states:
            return Text("checking the plan")
        lines = batch_table(states, self.snapshot_of, self._console.width).splitlines()
        shown = [*lines[:2], *_around_the_running(lines[2:], states, max(5, self._console.height - 5))]
        return Text("\n".join([*shown, "", counts(states)]), no_wrap=True, overflow="crop")


def open_batch_display(states: Callable[[], Sequence[EntryState]]) -> BatchDisplay:
    """A context within which it shows how far the batch is."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return LiveTable(states)
    return PlainLines(states)


def _around_the_running(lines: Sequence[str], states: Sequence[EntryState], room: int) -> Sequence[str]:
    """As many lines as the screen has; without one that runs, those after the last that is over."""
    over = max((place for place, state in enumerate(states) if state.over), default=0)
    running = next((place for place, state in enumerate(states) if state.state == "running"), over)
    first = max(0, min(running - room // 2, len(lines) - room))
    return lines[first : first + room]


def counts(states: Sequence[EntryState]) -> str:
    words = [state.state for state in states]
    parts = [f"{words.count(word)} {word}" for word in STATES]
    return f"{how_many(len(words), 'run')}: {', '.join(part for part in parts if not part.startswith('0 '))}"
