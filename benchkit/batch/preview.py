"""--dry-run: the table of what will run, what it needs, and how long it may take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchkit import history
from benchkit.batch.estimate import Estimator, Expected
from benchkit.batch.expand import Entry
from benchkit.batch.state import agree_with_history, read_state
from benchkit.records import Status
from benchkit.telemetry import machine_facts
from benchkit.terminal import duration

COLUMNS = ("model", "quant", "size GB", "benchmark", "settings", "VRAM MB", "RAM MB", "time", "state")


def preview(entries: Sequence[Entry], history_path: Path) -> str:
    from tabulate import tabulate

    runs = history.read(history_path)
    machine = machine_facts()
    estimator = Estimator(runs, machine)
    expected = [estimator.expect(entry) for entry in entries]
    states = agree_with_history(read_state(history_path), runs).entries
    words = [states[entry.key].state if entry.key in states else "" for entry in entries]
    rows = [_row(*row) for row in zip(entries, expected, words, strict=True)]
    table = tabulate(rows, headers=COLUMNS, disable_numparse=True)
    return f"{table}\n\n{_sums(expected, words)}\n{_room(machine)}"


def _row(entry: Entry, expected: Expected, state: str) -> list[str]:
    model = entry.model
    return [
        entry.settings.name or "",
        (model.quantization if model else None) or "",
        f"{model.size_bytes / 1e9:.2f}" if model else "",
        entry.settings.benchmark,
        " ".join(f"{name}={value}" for name, value in entry.sweep.items()),
        "?" if expected.vram_mb is None else f"{expected.vram_mb:,.0f}",
        "?" if expected.ram_mb is None else f"{expected.ram_mb:,.0f}",
        "?" if expected.seconds is None else duration(expected.seconds),
        state,
    ]


def _sums(expected: Sequence[Expected], states: Sequence[str]) -> str:
    left = [one for one, state in zip(expected, states, strict=True) if state != Status.OK]
    known = [one.seconds for one in left if one.seconds is not None]
    text = f"{len(expected)} runs, {len(left)} of them to do"
    if known:
        text += f": about {duration(sum(known))}"
    unknown = len(left) - len(known)
    return f"{text}; no time known yet for {unknown} of them" if unknown else text


def _room(machine: object) -> str:
    facts = machine if isinstance(machine, dict) else {}
    vram, ram = facts.get("vram_mb"), facts.get("ram_mb")
    there = [f"{vram:,.0f} MB VRAM"] if vram else ["no GPU seen: weights and cache will lie in RAM"]
    there += [f"{ram:,.0f} MB RAM"] if ram else []
    return f"This machine: {', '.join(there)}"
