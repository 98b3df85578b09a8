"""What a person sees while a batch runs: a live table on a terminal, one plain line a minute elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from benchkit.records import Progress
from benchkit.running.batch.live import Live, Pace, Publisher
from benchkit.running.batch.state import EntryState
from benchkit.running.batch.table import column, text_table
from benchkit.terminal import PLAIN_LINE_EVERY_S, duration

COLUMNS = (
    column("model", "model", 0),
    column("benchmark", "benchmark", 0),
    column("place", "settings", 3),
    column("state", "state", 0),
    column("score", "score %", 1, 1),
    column("speed", "tok/s", 5, 0),
    column("vram", "VRAM MB", 6, 0),
    column("took", "took", 4),
    column("left", "left", 2),
)


def batch_table(states: Sequence[EntryState], live: Live, width: int | None) -> str:
    """All runs with their state, the one at work with its progress."""
    return text_table(COLUMNS, [_row(state, live) for state in states], width)


def _row(state: EntryState, live: Live) -> dict[str, Any]:
    row = {
        "model": state.model,
        "benchmark": state.benchmark,
        "place": state.place or None,
        "state": state.state,
        "score": state.score,
        "speed": state.tokens_per_second,
        "vram": state.vram_mb,
        "took": None if state.seconds is None else duration(state.seconds),
        "left": None,
    }
    return row | _at_work(live) if state.state == "running" else row


def _at_work(live: Live) -> dict[str, Any]:
    return {
        "state": _state(live),
        "score": live.score,
        "speed": live.tokens_per_second,
        "vram": live.vram_mb,
        "took": duration(live.seconds) if live.seconds else None,
        "left": None if live.seconds_left is None else duration(live.seconds_left),
    }


def _state(live: Live) -> str:
    if live.done is None:
        return "running" if live.seconds else "starting"
    return f"running {live.done}/{live.total or '?'}"


class BatchDisplay:
    """What both kinds share. Scripts' own output stays in their folders: a whole batch of it helps nobody."""

    def __init__(self, history: str | Path) -> None:
        self.live = Live()
        self._pace = Pace()
        self._publisher = Publisher(history)

    def __enter__(self) -> BatchDisplay:
        return self

    def __exit__(self, *_: object) -> None:
        self._publisher.close()

    def line(self, text: str) -> None:
        with suppress(OSError):  # the terminal is gone: the batch goes on without it
            self.show(text)

    def show(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def output(self, chunk: bytes) -> None:
        """Kept in output.log."""

    def progress(self, _label: str, progress: Progress | None, vram_mb: float | None) -> None:
        if self.live == Live():
            self._pace.reset()
        self.live = self._pace.live(progress, vram_mb)
        self._publisher.publish(self.live)

    def progress_done(self) -> None:
        self.live = Live()
        self._publisher.close()


class PlainLines(BatchDisplay):
    """A line each minute, also while a server takes long to start."""

    def __init__(
        self,
        history: str | Path,
        states: Callable[[], Sequence[EntryState]],
        every_s: float = PLAIN_LINE_EVERY_S,
    ) -> None:
        super().__init__(history)
        self._states, self._every_s = states, every_s
        self._over = Event()
        self._thread = Thread(target=self._tell, daemon=True)

    def __enter__(self) -> BatchDisplay:
        self._thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._over.set()
        self._thread.join()
        super().__exit__(*details)

    def _tell(self) -> None:
        while not self._over.wait(self._every_s):
            for state in self._states():
                if state.state == "running":
                    self.line(f"{state.label}: {live_text(self.live)}")


class LiveTable(BatchDisplay):
    def __init__(self, history: str | Path, states: Callable[[], Sequence[EntryState]]) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        super().__init__(history)
        self._states = states
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._table = RichLive(
            console=self._console, get_renderable=self._render, refresh_per_second=2, transient=True
        )

    def __enter__(self) -> BatchDisplay:
        self._table.start()
        return self

    def __exit__(self, *details: object) -> None:
        with suppress(OSError):
            self._table.stop()
        super().__exit__(*details)

    def show(self, text: str) -> None:
        self._console.print(text, markup=False)

    def _render(self) -> Any:
        from rich.text import Text

        states = self._states()
        if not states:
            return Text("checking the plan")
        lines = batch_table(states, self.live, self._console.width).splitlines()
        shown = [*lines[:2], *_around_the_running(lines[2:], states, max(5, self._console.height - 5))]
        return Text("\n".join([*shown, "", counts(states)]), no_wrap=True, overflow="crop")


def open_batch_display(history: str | Path, states: Callable[[], Sequence[EntryState]]) -> BatchDisplay:
    """A context within which it shows how far the batch is."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return LiveTable(history, states)
    return PlainLines(history, states)


def _around_the_running(lines: Sequence[str], states: Sequence[EntryState], room: int) -> Sequence[str]:
    """As many lines as the screen has; without one that runs, those after the last that is over."""
    over = max((place for place, state in enumerate(states) if state.over), default=0)
    running = next((place for place, state in enumerate(states) if state.state == "running"), over)
    first = max(0, min(running - room // 2, len(lines) - room))
    return lines[first : first + room]


def counts(states: Sequence[EntryState]) -> str:
    words = [state.state for state in states]
    parts = [f"{words.count(word)} {word}" for word in ("ok", "failed", "interrupted", "running", "waiting")]
    return f"{how_many(len(words))}: {', '.join(part for part in parts if not part.startswith('0 '))}"


def how_many(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs} runs"


def live_text(live: Live) -> str:
    """`37/164 · 78.4% so far · 512 tok/s · 8,123 MB VRAM · 2m10s left`, what is not known left out."""
    if live == Live():
        return "its server is starting"
    parts = [f"running for {duration(live.seconds)}"] if live.done is None else []
    parts += [f"{live.done}/{live.total or '?'}"] if live.done is not None else []
    parts += [f"{live.score:.1f}% so far"] if live.score is not None else []
    parts += [f"{live.tokens_per_second:,.0f} tok/s"] if live.tokens_per_second is not None else []
    parts += [f"{live.vram_mb:,.0f} MB VRAM"] if live.vram_mb is not None else []
    parts += [f"{duration(live.seconds_left)} left"] if live.seconds_left is not None else []
    return " · ".join(parts)
