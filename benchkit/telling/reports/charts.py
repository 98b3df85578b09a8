"""Charts of scores: ranking with intervals, score against a cost, a model's history, by difficulty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchkit.telling.reports.svg import FONT, Canvas, Scale, label, number, scale, text_width

ROW = 26
DAY_S = 86_400
WIDTH = 820

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Score:
    """A score in percent with its interval, where that is known."""

    name: str
    score: float
    low: float | None = None
    high: float | None = None
    note: str = ""  # such as `115/164`


@dataclass(frozen=True)
class Point:
    """A score against what it costs."""

    name: str
    cost: float
    score: float
    on_front: bool = False


@dataclass(frozen=True)
class Moment:
    """One run of a model's history."""

    when: datetime
    score: Score


def ranking(title: str, scores: Sequence[Score]) -> Canvas | None:
    """The best on top; the line is the 95% interval."""
    if not scores:
        return None
    left = 32 + max(text_width(label(one.name)) for one in scores)
    values = [f"{one.score:.1f}%  {one.note}".rstrip() for one in scores]
    right = WIDTH - 12 - max(text_width(value) for value in values)
    bottom = 48 + ROW * len(scores)
    canvas = Canvas(WIDTH, bottom + 52, title)
    ends = [end for one in scores for end in (one.low, one.high, one.score) if end is not None]
    along = scale(ends, left, right - 24)
    canvas.x_axis(along, bottom, 44, "score, % (line: 95% interval)")
    for place, one in enumerate(scores):
        y = 48 + ROW * (place + 0.5)
        canvas.text(left - 12, y + 4, label(one.name), "ink", "end")
        if one.low is not None and one.high is not None:
            _whisker(canvas, along, one.low, one.high, y)
        canvas.marker(along(one.score), y, 0, said=f"{one.name}: {one.score:.1f}%")
        canvas.text(right, y + 4, values[place], "ink")
    return canvas


def _whisker(canvas: Canvas, along: Scale, low: float, high: float, y: float) -> None:
    canvas.line(along(low), y, along(high), y, "s0")
    for end in (low, high):
        canvas.line(along(end), y - 5, along(end), y + 5, "s0")


def trade_off(title: str, points: Sequence[Point], cost: str, *, lower_is_better: bool) -> Canvas | None:
    """Score against a cost; full points joined by a line are not beaten in both."""
    if len(points) < 2:
        return None
    canvas = Canvas(WIDTH, 472, title)
    across = scale([point.cost for point in points], 76, WIDTH - 40)
    up = scale([point.score for point in points], 400, 56)
    better = "less is better" if lower_is_better else "more is better"
    canvas.x_axis(across, 400, 56, f"{cost} ({better})")
    canvas.y_axis(up, 76, WIDTH - 40, "score, %")
    front = sorted((point for point in points if point.on_front), key=lambda point: point.cost)
    if len(front) > 1:
        canvas.polyline([(across(p.cost), up(p.score)) for p in front], "s1", "6 4")
    taken: list[Box] = []
    for point in points:
        x, y = across(point.cost), up(point.score)
        taken.append((x - 6, y - 6, x + 6, y + 6))
        said = f"{point.name}: {point.score:.1f}% at {number(point.cost)}"
        canvas.marker(x, y, 1 if point.on_front else 0, hollow=not point.on_front, said=said)
    for point in sorted(points, key=lambda point: (not point.on_front, -point.score)):
        place = across(point.cost), up(point.score)
        _name_point(canvas, place, label(point.name), taken, above=point.on_front)
    canvas.text(WIDTH - 40, 460, "■ dashed line: Pareto front · ○ beaten by another", "muted small", "end")
    return canvas


def _name_point(
    canvas: Canvas, place: tuple[float, float], name: str, taken: list[Box], *, above: bool
) -> None:
    """Beside the point where there is room; where there is none, only the tooltip shows the name."""
    width = text_width(name) * 0.9
    sides = ((9, 4), (9, -8), (9, 16), (-9 - width, 4), (-9 - width, -8), (-9 - width, 16))
    ends = ((-width / 2, -12), (-width / 2, 22))
    for dx, dy in (*ends, *sides) if above else (*sides, *ends):
        x, y = place[0] + dx, place[1] + dy
        box = (x, y - FONT + 2, x + width, y + 2)
        inside = box[0] >= 78 and box[2] <= WIDTH - 4 and box[1] >= 40 and box[3] <= 398
        if inside and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            canvas.text(x, y, name, "ink small")
            return


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def timeline(title: str, moments: Sequence[Moment]) -> Canvas | None:
    """A model's scores over time with their intervals."""
    if len(moments) < 2:
        return None
    canvas = Canvas(WIDTH, 380, title)
    first, last = moments[0].when, moments[-1].when
    seconds = max(1.0, (last - first).total_seconds())
    across = Scale(0, seconds, 100, WIDTH - 60, tuple(seconds * n / 4 for n in range(5)))
    ends = [end for m in moments for end in (m.score.score, m.score.low, m.score.high) if end is not None]
    up = scale(ends, 310, 52)
    days = [_day(first + timedelta(seconds=tick), seconds) for tick in across.ticks]
    canvas.x_axis(across, 310, 52, "time of the run", numbers=days)
    canvas.y_axis(up, 76, WIDTH - 40, "score, % (line: 95%)")
    places = [(across((m.when - first).total_seconds()), up(m.score.score)) for m in moments]
    canvas.polyline(places, "s0", "2 3")
    for moment, (x, y) in zip(moments, places, strict=True):
        if moment.score.low is not None and moment.score.high is not None:
            canvas.line(x, up(moment.score.low), x, up(moment.score.high), "s0")
        canvas.marker(
            x, y, 0, said=f"{moment.when:%Y-%m-%d %H:%M}: {moment.score.score:.1f}% {moment.score.note}"
        )
    return canvas


def _day(when: datetime, span_s: float) -> str:
    if span_s < DAY_S:
        return f"{when:%H:%M}"
    return f"{when:%m-%d %H:%M}" if span_s < 8 * DAY_S else f"{when:%Y-%m-%d}"


def stacked(title: str, rows: Sequence[tuple[str, dict[str, float]]]) -> Canvas | None:
    """One bar a model from its parts, each as much as it adds to the whole; the sum stands behind it."""
    rows = [(name, parts) for name, parts in rows if parts]
    if not rows:
        return None
    left = 32 + max(text_width(label(name)) for name, _ in rows)
    names = list(dict.fromkeys(name for _, parts in rows for name in parts))
    bottom = 52 + ROW * len(rows)
    canvas = Canvas(WIDTH, bottom + 76, title)
    along = scale([0, 100], left, WIDTH - 70, count=5)
    canvas.x_axis(along, bottom, 46, "points of 100")
    for place, (model, parts) in enumerate(rows):
        y, reached = 52 + ROW * place, 0.0
        canvas.text(left - 12, y + 15, label(model), "ink", "end")
        for name, value in parts.items():
            x = along(reached)
            canvas.rectangle(x, y + 4, along(reached + value) - x, 15, f"f{names.index(name) % 6}")
            reached += value
        canvas.text(along(reached) + 5, y + 15, f"{reached:.1f}", "ink small")
    x = left
    for place, name in enumerate(names):
        canvas.rectangle(x, bottom + 56, 11, 11, f"f{place % 6}")
        canvas.text(x + 16, bottom + 66, label(name), "ink small")
        x += 34 + text_width(label(name))
    return canvas


def by_difficulty(title: str, scores: Sequence[tuple[str, dict[str, float]]]) -> Canvas | None:
    """One bar a difficulty and model, each with its name and value."""
    known = [(name, parts) for name, parts in scores if parts]
    if not known:
        return None
    left = 32 + max(text_width(label(name)) for name, _ in known)
    names = list(dict.fromkeys(name for _, parts in known for name in parts))
    start = left + 12 + max(48.0, *(text_width(label(name)) for name in names))
    bars = sum(len(parts) for _, parts in known)
    bottom = 52 + 17 * bars + 12 * len(known)
    canvas = Canvas(WIDTH, bottom + 48, title)
    along = scale([0, 100], start, WIDTH - 70, count=5)
    canvas.x_axis(along, bottom, 46, "score, %")
    y = 52.0
    for model, parts in known:
        canvas.text(left - 12, y + 17 * len(parts) / 2 + 4, label(model), "ink", "end")
        for name, value in parts.items():
            canvas.text(start - 6, y + 11, label(name), "muted small", "end")
            canvas.rectangle(along(0), y + 2, along(value) - along(0), 12, f"f{names.index(name) % 6}")
            canvas.text(along(value) + 5, y + 12, f"{value:.1f}", "ink small")
            y += 17
        y += 12
    return canvas
