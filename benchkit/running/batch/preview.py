"""--dry-run: the table of what will run, what it needs, and how long it may take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchkit.errors import BenchError
from benchkit.prices import in_dollars
from benchkit.records import Status
from benchkit.running.batch.costs import CostEstimator, ExpectedCost, in_words
from benchkit.running.batch.estimate import TOO_SMALL, Estimate, Estimator
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.state import RACING, agree_with_history, read_state
from benchkit.running.batch.table import cells_of, column, text_table
from benchkit.running.runner.host import read_servable
from benchkit.serving.telemetry import machine_facts
from benchkit.serving.telemetry.room import Room, free_room
from benchkit.telling.history import open_store
from benchkit.telling.tables.width import terminal_width
from benchkit.terminal import duration, how_many, printable

COLUMNS = (
    column("model", "model", 0),
    column("quant", "quant", 6),
    column("size", "size GB", 7, 2),
    column("benchmark", "benchmark", 0),
    column("place", "settings", 3),
    column("vram", "VRAM MB", 0, 0),
    column("ram", "RAM MB", 5, 0),
    column("fits", "fits?", 0),
    column("expected", "time", 0),
    column("cost", "cost $", 0),
    column("state", "state", 4),
)
WILL_FAIL = "will fail"
OVER = (Status.OK, Status.FAILED, Status.STOPPED)


def preview(entries: Sequence[Entry], history_path: str | Path) -> str:
    runs, room = open_store(history_path).runs(), free_room()
    estimator = Estimator(runs, machine_facts())
    expected = [estimator.expect(entry, room) for entry in entries]
    cost_estimator = CostEstimator(runs)
    costs = [cost_estimator.expect(entry) for entry in entries]
    states = agree_with_history(read_state(history_path), runs).entries
    refusals = _refusals(entries)
    words = [
        _word(states[entry.key].state if entry.key in states else None, entry.settings.model in refusals)
        for entry in entries
    ]
    rows = [_row(*row) for row in zip(entries, expected, costs, words, strict=True)]
    table = text_table(COLUMNS, rows, terminal_width())
    left = [cost for cost, word in zip(costs, words, strict=True) if word not in OVER]
    lines = [sums_line(entries, expected, words), in_words(left), room_line(room, expected)]
    return "\n".join([table, "", *filter(None, lines), *refusals.values()])


def _refusals(entries: Sequence[Entry]) -> dict[Path | None, str]:
    """The model files that no run can be made with, and what the run would say of each."""
    refusals: dict[Path | None, str] = {}
    for path in dict.fromkeys(entry.settings.model for entry in entries):
        try:
            if path is not None:
                read_servable(path)
        except BenchError as error:
            refusals[path] = printable(str(error))
    return refusals


def _word(state: str | None, refused: bool) -> str:
    """What the journal has as running may run now, or may have been killed."""
    if state in OVER:
        return str(state)
    if refused:
        return WILL_FAIL
    if state is None:
        return "waiting"
    return "begun" if state in ("running", RACING) else state


def _row(entry: Entry, expected: Estimate, cost: ExpectedCost, state: str) -> dict[str, Any]:
    return {
        **cells_of(entry),
        "vram": expected.vram_mb,
        "ram": expected.ram_mb,
        "fits": expected.mark,
        "expected": "?" if expected.seconds is None else duration(expected.seconds),
        "cost": cost_in_words(cost),
        "state": state,
    }


def cost_in_words(cost: ExpectedCost) -> str:
    """Empty for a model of this machine of which nobody knows its electricity."""
    if cost.about is None:
        return "?" if cost.is_bill else ""
    return in_dollars(cost.about)


def sums_line(entries: Sequence[Entry], expected: Sequence[Estimate], states: Sequence[str]) -> str:
    left = [
        (entry, one) for entry, one, state in zip(entries, expected, states, strict=True) if state not in OVER
    ]
    known = [one.seconds for _, one in left if one.seconds is not None]
    starts = {
        entry.server_key: one.start_s
        for entry, one, state in zip(entries, expected, states, strict=True)
        if state not in (*OVER, WILL_FAIL)
    }
    doomed = states.count(WILL_FAIL)
    bad = f", {doomed} of them will fail" if doomed else ""
    text = f"{how_many(len(expected), 'run')}, {len(left)} to do{bad}; server starts: {len(starts)}"
    if failed := states.count(Status.FAILED):
        text += f" ({failed} failed: --retry-failed)"
    if known:
        text += f": about {duration(sum(known) + sum(starts.values()))}"
    unknown = len(left) - len(known)
    return f"{text}; no time known yet for {unknown} of them" if unknown else text


def room_line(room: Room, expected: Sequence[Estimate]) -> str:
    vram = "no GPU seen: all lies in RAM" if room.vram_mb is None else f"{room.vram_mb:,.0f} MB VRAM"
    large = sum(TOO_SMALL in one.mark for one in expected)
    text = f"Free now: {vram}, {room.ram_mb:,.0f} MB RAM"
    advice = "fewer gpu_layers, less context or fewer slots help"
    return f"{text}. {how_many(large, 'run')} will not fit: {advice}" if large else text
