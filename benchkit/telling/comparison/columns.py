"""What a table can show of a contestant. To add a column, add its line to COLUMNS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from benchkit.contract import Figure, ScorePart
from benchkit.errors import UnknownName, UsageError
from benchkit.rerun import command_of_run
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.judgements import shown_judgement
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.comparison.speeds import EARLIER
from benchkit.telling.tables.columns import Column
from benchkit.terminal import duration

Value = Callable[[Contestant], Any]


def _fact(name: str) -> Value:
    return lambda one: facts.measured(one.run, name)


def _speed(name: str) -> Value:
    return lambda one: facts.measured(one.timed, name)


def _of_run(fact: Callable[[Any], Any]) -> Value:
    return lambda one: fact(one.run)


def _count(name: str) -> Value:
    return lambda one: one.outcomes.counts.get(name, 0) if one.outcomes.counts else None


def _interval_end(end: int) -> Value:
    def value(one: Contestant) -> float | None:
        interval = one.outcomes.interval
        return None if interval is None else 100 * interval[end]

    return value


def _difficulty(name: str) -> Value:
    return lambda one: facts.difficulties(one.run).get(name)


def _solved(one: Contestant) -> str | None:
    passed, total = one.outcomes.passed, one.outcomes.total
    return None if passed is None else f"{passed}/{'?' if total is None else total}"


def _is_disturbed(one: Contestant) -> bool:
    return facts.speed_is_disturbed(one.timed)


def _of_earlier(one: Contestant) -> str:
    return EARLIER if one.earlier else ""


def _part(part: ScorePart) -> Column[Contestant]:
    def points(one: Contestant) -> float | None:
        return one.composite.points(part) if one.composite else None

    def interval(one: Contestant) -> str:
        known = one.composite.parts[part].interval if one.composite else None
        return f" [{known[0]:.0f}–{known[1]:.0f}]" if known else ""

    return Column(str(part), str(part), 1, points, 1, "high", beside=interval, unknown=NOT_AVAILABLE)


def _figure(figure: Figure, decimals: int, better: str) -> Column[Contestant]:
    def value(one: Contestant) -> float | None:
        return one.composite.figures[figure].points if one.composite else None

    return Column(str(figure), str(figure), 1, value, decimals, better, unknown=NOT_AVAILABLE)


def _overall(one: Contestant) -> float | None:
    return one.composite.overall if one.composite else None


def _judge_points(one: Contestant) -> float | None:
    shown = shown_judgement(one)
    return shown.points if shown else None


def _judge_mark(one: Contestant) -> str:
    """The interval, and a mark where the judge has not proved itself."""
    shown = shown_judgement(one)
    if shown is None or shown.points is None:
        return ""
    between = f" [{shown.interval[0]:.0f}–{shown.interval[1]:.0f}]" if shown.interval else ""
    return f"{between} {UNCALIBRATED}" if shown.uncalibrated else between


NOT_AVAILABLE = "n/a"
UNCALIBRATED = "?"
MODEL_WIDTH = 32  # so many characters of a name still tell models apart

COLUMNS: tuple[Column[Contestant], ...] = (
    Column("model", "model", 0, lambda one: one.label, shrinks=MODEL_WIDTH),
    Column("score", "score %", 0, lambda one: one.outcomes.score, 1, "high"),
    Column("low", "95% from", 1, _interval_end(0), 1, "high"),
    Column("high", "to", 1, _interval_end(1), 1, "high"),
    Column("solved", "solved", 2, _solved, figures=True),
    Column("easy", "easy %", 7, _difficulty("easy"), 1, "high"),
    Column("medium", "medium %", 7, _difficulty("medium"), 1, "high"),
    Column("hard", "hard %", 7, _difficulty("hard"), 1, "high"),
    Column("expert", "expert %", 7, _difficulty("expert"), 1, "high"),
    Column("time", "time", 6, _fact("time_taken"), 1, "low", speed=True, form=duration),
    Column("tokens_per_second", "tok/s", 3, _speed("tokens_per_second"), 1, "high", speed=True),
    Column(
        "prompt_tokens_per_second", "prompt tok/s", 12, _speed("prompt_tokens_per_second"), 0, "high", True
    ),
    Column("time_to_first_token_s", "first tok s", 10, _speed("time_to_first_token_s"), 2, "low", speed=True),
    Column("draft", "draft %", 12, _fact("draft_acceptance_percent"), 1, "high"),
    Column("vram", "VRAM GiB", 4, _of_run(facts.vram_gib), 1, "low"),
    Column("wh_per_solved", "Wh/solved", 8, _of_run(facts.wh_per_solved), 3, "low", speed=True),
    Column("cost", "cost $", 7, lambda one: one.run.telemetry.cost, 4, "low"),
    Column("cost_per_solved", "$/solved", 5, _of_run(facts.cost_per_solved), 4, "low"),
    Column("truncated", "trunc.", 9, _count("truncated"), 0, "low"),
    Column("empty", "empty", 13, _count("empty"), 0, "low"),
    Column("infrastructure", "infra", 11, _count("infrastructure"), 0, "low"),
    Column("quantization", "quant", 5, lambda one: one.run.model_file.quantization),
    Column("size", "size GiB", 6, _of_run(facts.size_gib), 1, "low"),
    Column("gpu_layers", "layers", 14, _of_run(facts.gpu_layers)),
    Column("context", "context", 15, _of_run(facts.context), 0, "high"),
    Column("benchmark", "benchmark", 16, lambda one: one.run.benchmark),
    Column("runs", "runs", 16, lambda one: len(one.runs), 0, "high"),
    Column("gpu", "GPU", 17, _of_run(facts.gpu)),
    Column("mark", "≠", 2, lambda one: one.mark or None, form=lambda _mark: "≠"),  # the remarks say what
    Column("run", "run", 18, lambda one: one.run.id),
    Column("command", "command", 19, _of_run(command_of_run)),
)
# The parts of the composite, which are computed only where somebody asks for them.
PART_COLUMNS: tuple[Column[Contestant], ...] = (
    *map(_part, ScorePart),
    Column("overall", "overall", 0, _overall, 1, "high", unknown=NOT_AVAILABLE),
)
# Figures of other tools, computed with the parts and no part of the overall.
FIGURE_COLUMNS: tuple[Column[Contestant], ...] = (
    _figure(Figure.MAINTAINABILITY, 1, "high"),
    _figure(Figure.CYCLOMATIC, 1, "low"),
    _figure(Figure.COVERAGE, 1, "high"),
)
# What a judge said stands apart: it is no part of the overall.
JUDGE_COLUMN: Column[Contestant] = Column(
    "judge", "judge", 1, _judge_points, 1, "high", beside=_judge_mark, unknown=NOT_AVAILABLE
)
COLUMNS = tuple(
    replace(one, doubtful=_is_disturbed, beside=_of_earlier) if one.speed else one for one in COLUMNS
)
BY_NAME = {column.name: column for column in (*COLUMNS, *PART_COLUMNS, *FIGURE_COLUMNS, JUDGE_COLUMN)}
ONLY_WHEN_NAMED = ("command", "run")
ONLY_WHEN_DIFFERENT = ("benchmark", "gpu", "runs")


def chosen(names: str | None) -> tuple[Column[Contestant], ...]:
    """The columns of a list such as `model,score,vram`; an unknown one is refused with the known ones."""
    if names is None:
        return tuple(column for column in COLUMNS if column.name not in ONLY_WHEN_NAMED)
    named = tuple(find(name.strip()) for name in names.split(",") if name.strip())
    if not named:
        raise UsageError(f"--columns names no column: known are {', '.join(BY_NAME)}")
    return named


def find(name: str) -> Column[Contestant]:
    if name not in BY_NAME:
        raise UnknownName("column", name, BY_NAME)
    return BY_NAME[name]


def informative(
    columns: Iterable[Column[Contestant]], rows: Sequence[Contestant]
) -> tuple[Column[Contestant], ...]:
    """Without those that are empty for all, or the same for all where only a difference is of interest."""
    return tuple(column for column in columns if _is_informative(column, rows))


def _is_informative(column: Column[Contestant], rows: Sequence[Contestant]) -> bool:
    values = [column.value(one) for one in rows]
    if column.name in ONLY_WHEN_DIFFERENT:
        return len(set(values)) > 1
    return any(value is not None for value in values)


def ordered(rows: Sequence[Contestant], by: Column[Contestant]) -> list[Contestant]:
    """The best first, the unknown last; speeds are ordered within each GPU, disturbed ones below all."""
    down = -1 if by.best == "high" else 1

    def key(one: Contestant) -> tuple[Any, ...]:
        value = by.value(one)
        place = (
            value is None,
            (down * value if isinstance(value, int | float) else str(value or "").casefold()),
        )
        return (_is_disturbed(one), facts.gpu(one.run), *place) if by.speed else place

    return sorted(rows, key=key)


def disturbed(rows: Iterable[Contestant]) -> list[Contestant]:
    """Those whose speeds other programs changed."""
    return [one for one in rows if _is_disturbed(one)]


def gpus(rows: Iterable[Contestant]) -> list[str]:
    return sorted({facts.gpu(one.run) for one in rows})
