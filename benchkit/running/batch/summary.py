"""The summary of a batch: every run with its result and its cost, what failed, and the next command."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from benchkit.contract import JudgeRun
from benchkit.files import atomic_write
from benchkit.records import Run, Status
from benchkit.rerun import quoted, words_of_settings
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.state import EntryState
from benchkit.running.batch.table import cells_of, column, markdown_table, text_table
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.work import mask_of
from benchkit.settings import RunSettings
from benchkit.statistics import wilson
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.judgements import interval_of
from benchkit.telling.comparison.page import markdown_text
from benchkit.telling.history import open_store
from benchkit.terminal import duration, how_many, printable

COLUMNS = (
    column("model", "model", 0),
    column("quant", "quant", 6),
    column("size", "size GB", 7, 2),
    column("benchmark", "benchmark", 0),
    column("place", "settings", 2),
    column("score", "score %", 0, 1),
    column("interval", "95%", 3),
    column("took", "time", 4),
    replace(column("speed", "tok/s", 5, 0), doubtful=itemgetter("disturbed")),
    column("vram", "VRAM MB", 8, 0),
    column("energy", "Wh", 9, 1),
    column("cost", "cost $", 3, 4),
    column("status", "status", 0),
)
NOTED_MB = 64.0
Escape = Callable[[str], str]  # makes text that is not ours harmless where it is shown


def summary_path(history: str | Path) -> Path:
    return open_store(history).summary_file()


def write_summary(ledger: Ledger, history: str | Path) -> Path:
    """The summary as Markdown, beside the history."""
    path = summary_path(history)
    atomic_write(path, summary(ledger, None) + "\n")
    return path


def summary(ledger: Ledger, width: int | None, *, for_people: bool = False) -> str:
    """Markdown with everything, or for a terminal of that width."""
    rows = [_row(entry, ledger) for entry in ledger.entries]
    table = text_table(COLUMNS, rows, width) if for_people else markdown_table(COLUMNS, rows)
    escape = printable if for_people else markdown_text
    parts = [
        escape(headline(ledger)),
        table,
        *_races(ledger, escape),
        *_judgements(ledger, escape),
        *_moves(ledger, escape),
        *_failures(ledger, escape),
        *_noted(ledger, escape),
    ]
    return "\n\n".join(_wrapped(part, width) if for_people and part is not table else part for part in parts)


def _wrapped(text: str, width: int | None) -> str:
    """Broken between words, except for commands, which are to be copied."""
    lines = (
        line.strip(" `") if line.startswith("  `") else _filled(line, width) if width else line
        for line in text.splitlines()
    )
    return "\n".join(lines)


def _filled(line: str, width: int) -> str:
    return textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def headline(ledger: Ledger) -> str:
    states = ledger.states()
    of_judges = {entry.key for entry in ledger.judgings()}
    runs = [state for state in states if state.key not in of_judges]
    text = f"{how_many(len(runs), 'run')}: {_counted(runs, 'ran')}"
    if judgings := [state for state in states if state.key in of_judges]:
        text += f"; {len(judgings)} of them to be judged: {_counted(judgings, 'were')}"
    lost = sum(state.lost_s for state in states)
    text += f"; {duration(lost)} lost to failures" if lost else ""
    return f"{text}. Stopped early: {ledger.stopped}" if ledger.stopped else f"{text}."


def _counted(states: Sequence[EntryState], done: str) -> str:
    """`1 ran, 1 failed, 1 not run`"""
    words = ("ok", "stopped", "failed", "interrupted")
    counts = {word: sum(state.state == word for state in states) for word in words}
    waiting = len(states) - sum(counts.values())
    text = f"{counts['ok']} {done}, {counts['failed']} failed"
    text += f", {counts['stopped']} stopped in a race" if counts["stopped"] else ""
    text += f", {counts['interrupted']} interrupted" if counts["interrupted"] else ""
    return text + (f", {waiting} not run" if waiting else "")


def _row(entry: Entry, ledger: Ledger) -> dict[str, Any]:
    state = ledger.state(entry)
    run = ledger.run_of(state)
    return {
        **cells_of(entry),
        "score": state.score,
        "interval": _interval(run) if run else None,
        "took": None if state.seconds is None else duration(state.seconds),
        "speed": state.tokens_per_second,
        "disturbed": bool(run and facts.speed_is_disturbed(run)),
        "vram": state.vram_mb,
        "energy": run.telemetry.energy_wh if run else None,
        "cost": run.telemetry.cost if run else None,
        "status": ledger.why_not_started(entry) or state.in_words,
    }


def _interval(run: Run) -> str | None:
    if run.benchmark in JudgeRun.ALL:  # of points: how many answers have enough of them says less
        ends = interval_of(run)
        return f"{ends[0]:.1f}–{ends[1]:.1f}" if ends else None
    if (race := run.results.race) is not None:  # of what the whole set would have given
        low, high = race["interval"]
        return f"{low:.1f}–{high:.1f}"
    passed, total = run.results.total_passed, run.results.total_problems
    if passed is None or not total or not 0 <= passed <= total:
        return None
    low, high = wilson(passed, total)
    return f"{low * 100:.1f}–{high * 100:.1f}"


def _races(ledger: Ledger, escape: Escape) -> list[str]:
    if not ledger.races:
        return []
    stopped = [state for state in ledger.states() if state.state == Status.STOPPED]
    lines = [*ledger.races, *(f"{state.label}: {state.error}" for state in stopped)]
    if stopped:
        lines.append("To ask the stopped ones the rest as well: the same command with --finish.")
    return ["## The race", "\n".join(f"- {escape(line)}" for line in lines)]


def _judgements(ledger: Ledger, escape: Escape) -> list[str]:
    lines = [f"- {escape(line)}" for line in ledger.judgements]
    return ["## What judges said", "\n".join(lines)] if lines else []


def _moves(ledger: Ledger, escape: Escape) -> list[str]:
    lines = [f"- {escape(line)}" for line in ledger.moves]
    return ["## Lost boxes", "\n".join(lines)] if lines else []


def _failures(ledger: Ledger, escape: Escape) -> list[str]:
    failed = [entry for entry in ledger.entries if ledger.state(entry).state == Status.FAILED]
    if not failed:
        return []
    retry = "All of these again, and nothing else: the same command with --retry-failed. One alone:"
    lines = (_failure(ledger.state(entry), entry, escape) for entry in failed)
    return ["## What failed", retry, "\n".join(lines)]


def _failure(state: EntryState, entry: Entry, escape: Escape) -> str:
    logs = f" (logs: {state.folder})" if state.folder else ""
    cause = " ".join((state.error or "").split())
    return f"- {escape(f'{state.label}: {cause}{logs}')}\n  {_code(_command(entry.planned()))}"


def _command(plan: PlannedRun) -> str:
    """What makes this run alone, in the same place; a key is masked."""
    settings, usual = plan.settings, RunSettings(benchmark="")
    words = words_of_settings(settings)
    if settings.history != usual.history:
        words[1:1] = ["--history", str(settings.history)]
    if settings.runs_dir != usual.runs_dir:
        words[1:1] = ["--runs-dir", str(settings.runs_dir)]
    return quoted(mask_of(plan).words(words))


def _code(text: str) -> str:
    """As Markdown writes it: between more backticks than stand together in the text."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    return f"{'`' * (longest + 1)}{' ' if longest else ''}{text}{' ' if longest else ''}{'`' * (longest + 1)}"


def _noted(ledger: Ledger, escape: Escape) -> list[str]:
    """What may have spoiled a run's speed without failing it, each thing once."""
    met: dict[str, list[str]] = defaultdict(list)
    for state in ledger.states():
        run = ledger.run_of(state)
        for text, detail in _of_note(run) if run else ():
            met[text].append(f"{state.label}{detail}")
    lines = [f"- {text}: {_few(labels)}" for text, labels in met.items()]
    hottest = _largest(ledger, "temperature_c_max")
    lines += idle_lines(ledger.wall_s, ledger.asking_s, ledger.loading_s)
    lines += [f"- the GPU's hottest moment: {hottest[1]:.0f} °C, {hottest[0]}"] if hottest else []
    before = _largest(ledger, "vram_before_mb")
    if before and before[1] > NOTED_MB:
        lines.append(f"- in use before a server came: up to {before[1]:,.0f} MB of VRAM, {before[0]}")
    return ["## Noted", "\n".join(map(escape, lines))] if lines else []


def idle_lines(wall_s: float, asking_s: float, loading_s: float) -> list[str]:
    """What of the night no model was asked; nothing of less than a second."""
    idle = wall_s - asking_s
    if not asking_s or idle < 1.0:
        return []
    loading = f", {duration(loading_s)} of it while servers started" if loading_s >= 1 else ""
    return [f"- no question was under way for {duration(idle)} of {duration(wall_s)}{loading}"]


def _of_note(run: Run) -> Iterator[tuple[str, str]]:
    telemetry = run.telemetry
    if telemetry.throttled:
        yield "the GPU slowed itself down", _in_brackets(telemetry.temperature_c_max, "{:.0f} °C")
    if (taken := telemetry.vram_taken_by_others_mb or 0) > NOTED_MB:
        yield "other programs took VRAM meanwhile", _in_brackets(taken, "{:,.0f} MB")
    if facts.speed_is_disturbed(run):
        share = telemetry.cpu_taken_by_others_percent
        yield "other programs took processor time, so the speed is not ranked", _in_brackets(share, "{:.0f}%")
    for warning in (*(run.server.warnings or ()), *(run.results.warnings or ())):
        yield warning, ""


def _in_brackets(value: Any, form: str) -> str:
    return f" ({form.format(value)})" if isinstance(value, int | float) else ""


def _few(labels: list[str]) -> str:
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return f"{', '.join(labels[:3])}{more}"


def _largest(ledger: Ledger, name: str) -> tuple[str, float] | None:
    """The run of the plan in which this was largest."""
    runs = [(state.label, ledger.run_of(state)) for state in ledger.states()]
    known: list[tuple[str, Any]] = [(label, run.telemetry.value(name)) for label, run in runs if run]
    return max((pair for pair in known if pair[1] is not None), key=itemgetter(1), default=None)
