"""What a person sees of measured speeds."""

from __future__ import annotations

from collections.abc import Sequence

from benchkit.running.tuning.finals import FEWEST_TURNS, Gain
from benchkit.running.tuning.search import Tried
from benchkit.running.tuning.speed import SHORTEST_PROMPT, Report
from benchkit.running.tuning.tune import TuningResult
from benchkit.serving.speed.measuring import Speed
from benchkit.telling.tables.columns import DOUBTFUL, Column
from benchkit.telling.tables.text import as_fitted_text

BAR = 20  # characters of the longest


def speed_table(report: Report, width: int | None) -> str:
    """A row for each load, with a bar as its chart."""
    fastest = max(speed.tokens_per_second for speed in report.speeds)
    table, _ = as_fitted_text(_columns(report, fastest), report.speeds, width)
    return "\n".join([table, "", *_remarks(report.speeds)])


def _columns(report: Report, fastest: float) -> Sequence[Column[Speed]]:
    columns: tuple[Column[Speed], ...] = (
        Column("depth", "depth", 0, lambda one: one.prompt_tokens, 0),
        Column("slots", "at once", 0, lambda one: one.load.at_once, 0),
        Column(
            "prompt", "prompt tok/s", 1, lambda one: one.server_prompt_per_second or one.prompt_per_second, 0
        ),
        Column("speed", "tok/s", 0, lambda one: one.tokens_per_second, 1, doubtful=lambda one: one.disturbed),
        Column("of_one", "of each", 2, lambda one: one.of_one, 1),
        Column("server", "server says", 3, lambda one: one.server_of_one, 1),
        Column("first", "first tok s", 2, lambda one: one.first_token_s, 3),
        Column("draft", "draft %", 4, lambda one: one.draft_acceptance_percent, 1),
        Column("bench", "llama-bench", 4, lambda one: _bench_speed(report, one), 1),
        Column("chart", "", 5, lambda one: "█" * max(1, round(BAR * one.tokens_per_second / fastest))),
    )
    return [one for one in columns if any(one.value(speed) not in (None, "") for speed in report.speeds)]


def _bench_speed(report: Report, speed: Speed) -> float | None:
    """By llama-bench, which answers one request at a time."""
    depth = speed.load.prompt_tokens
    if speed.load.at_once > 1:
        return None
    return report.llama_bench.get(0 if depth == SHORTEST_PROMPT else depth)


def _remarks(speeds: Sequence[Speed]) -> list[str]:
    lines = []
    if any(speed.disturbed for speed in speeds):
        lines.append(f"{DOUBTFUL} other programs took the processor, also when it was measured again")
    if any(speed.clocks_agree is False for speed in speeds):
        lines.append("the server's own speed and our clock differ by more than a quarter: trust the clock")
    return lines


def tuned_table(tuned: TuningResult, width: int | None) -> str:
    """What was tried, the gain, and what a plan says to have it."""
    start = tuned.tried[0]
    first = start.tokens_per_second
    columns: tuple[Column[Tried], ...] = (
        Column("setting", "setting", 0, lambda one: str(one.candidate), shrinks=40),
        Column("speed", "tok/s", 0, lambda one: one.tokens_per_second, 1),
        Column(
            "times",
            "× default",
            1,
            lambda one: _times(one.tokens_per_second, first),
            2,
            doubtful=lambda one: one.disturbed or start.disturbed,
        ),
        Column("best", "", 1, lambda one: "best" if one.candidate == tuned.best else None),
        Column("note", "note", 3, lambda one: one.note or None, shrinks=30),
    )
    shown = [one for one in columns if any(one.value(row) not in (None, "") for row in tuned.tried)]
    table, _ = as_fitted_text(shown, tuned.tried, width)
    return "\n".join([table, "", _gain_in_words(tuned), "", tuned.snippet()])


def _times(speed: float | None, first: float | None) -> float | None:
    return speed / first if speed is not None and first else None


def _no_gain_in_words(tuned: TuningResult) -> str:
    """Where the defaults are to stay."""
    if not any(one.tokens_per_second for one in tuned.tried if one.candidate != tuned.start):
        return "Nothing but the defaults was measured: a larger --budget tries more."
    turns = tuned.gain.turns
    seen = f", in {turns} turns with what the search took for the best" if turns >= FEWEST_TURNS else ""
    return f"Nothing tried was faster than the defaults{seen}."


def _gain_in_words(tuned: TuningResult) -> str:
    gain: Gain = tuned.gain
    if tuned.best == tuned.start:
        return _no_gain_in_words(tuned)
    if gain.factor is None or gain.interval is None:
        words = (
            f"How much faster than the defaults is not known: the two were measured in turns {gain.turns} "
            f"times, and it takes {FEWEST_TURNS}. Give a larger --budget before you rely on this setting."
        )
    else:
        low, high = gain.interval
        words = (
            f"{gain.factor:.2f} times as fast as the defaults [{low:.2f}–{high:.2f} at 95%], "
            f"measured {gain.turns} times in turns."
        )
        if low <= 1.0:
            words = f"Not proven to be faster than the defaults: {words} A quiet machine tells more."
    if tuned.best.may_change_answers:
        words += " Other KV types may change answers: compare scores before you trust it."
    return words
