"""Charts of many measures: radar over metrics, resources over a run, the grid of problems and models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, cos, pi, sin

from benchkit.telling.reports.charts import WIDTH
from benchkit.telling.reports.svg import DASHES, SERIES, Canvas, label, number, scale, text_width

MOST_ON_RADAR = SERIES


@dataclass(frozen=True)
class Metric:
    """One axis of the radar."""

    name: str  # with its unit
    values: tuple[float | None, ...]  # one a model
    lower_is_better: bool = False
    full: float | None = None  # what the rim stands for; None: the best of these models

    def shares(self) -> list[float | None]:
        """1 for the best of these models, or for what the rim stands for, the others in proportion."""
        if self.full is not None:
            return [None if value is None else value / self.full for value in self.values]
        known = [value for value in self.values if value is not None and value > 0]
        if not known:
            return [None] * len(self.values)
        best = min(known) if self.lower_is_better else max(known)
        return [self._share(value, best) for value in self.values]

    def _share(self, value: float | None, best: float) -> float | None:
        if value is None or value < 0 or (value == 0 and self.lower_is_better):
            return None
        return best / value if self.lower_is_better else value / best


@dataclass(frozen=True)
class Series:
    """One measure over a run: (seconds, value)."""

    name: str  # with its unit
    points: tuple[tuple[float, float], ...]


def radar(title: str, models: Sequence[str], metrics: Sequence[Metric]) -> Canvas | None:
    """Each axis runs from nothing to the best of these models; what nobody knows leaves a gap."""
    metrics = [metric for metric in metrics if any(value is not None for value in metric.values)]
    if len(metrics) < 3 or not 0 < len(models) <= MOST_ON_RADAR:
        return None
    canvas = Canvas(960, 470, title)
    x, y, r = 330.0, 250.0, 150.0
    spokes = [2 * pi * n / len(metrics) - pi / 2 for n in range(len(metrics))]
    for share in (0.5, 1.0):
        canvas.polyline(
            [(x + r * share * cos(a), y + r * share * sin(a)) for a in spokes], "grid", closed=True
        )
        canvas.text(x + 5, y - r * share + 11, f"{share:g}", "muted small")
    for metric, angle in zip(metrics, spokes, strict=True):
        canvas.line(x, y, x + r * cos(angle), y + r * sin(angle), "grid")
        _spoke_title(canvas, x + (r + 16) * cos(angle), y + (r + 16) * sin(angle), cos(angle), metric)
    shares = [metric.shares() for metric in metrics]
    for n, model in enumerate(models):
        known = [(share[n], angle) for share, angle in zip(shares, spokes, strict=True)]
        places = [(x + r * s * cos(a), y + r * s * sin(a)) for s, a in known if s is not None]
        if places:
            canvas.polyline(places, f"s{n}", DASHES[n], closed=len(places) == len(metrics))
        for place in places:
            canvas.marker(*place, n, size=4)
        _legend_entry(canvas, 640, 76 + 24 * n, n, model)
    rim = "1 = the best of these models" if any(m.full is None for m in metrics) else "1 = all points"
    canvas.text(640, 84 + 24 * len(models), rim, "muted small")
    return canvas


def _spoke_title(canvas: Canvas, x: float, y: float, side: float, metric: Metric) -> None:
    anchor = "middle" if abs(side) < 0.2 else ("start" if side > 0 else "end")
    known = [value for value in metric.values if value is not None]
    best = min(known) if metric.lower_is_better else max(known)
    y -= 14 if y < 100 else 0
    canvas.text(x, y, metric.name, "ink", anchor)
    canvas.text(x, y + 14, f"best {number(best)}", "muted small", anchor)


def _legend_entry(canvas: Canvas, x: float, y: float, n: int, name: str) -> None:
    canvas.line(x, y - 4, x + 34, y - 4, f"s{n}", DASHES[n])
    canvas.marker(x + 17, y - 4, n, size=4)
    canvas.text(x + 42, y, label(name), "ink")


def resources(title: str, series: Sequence[Series]) -> Canvas | None:
    """One panel a measure, all over the same time."""
    series = [one for one in series if len(one.points) > 1]
    if not series:
        return None
    height, gap = 90, 34
    bottom = 44 + len(series) * (height + gap) - gap
    canvas = Canvas(WIDTH, bottom + 50, title)
    seconds = [moment for one in series for moment, _ in one.points]
    unit, divisor = ("minutes", 60.0) if max(seconds) > 180 else ("seconds", 1.0)
    across = scale([moment / divisor for moment in seconds], 84, WIDTH - 30, zero=True)
    for n, one in enumerate(series):
        top = 44 + n * (height + gap)
        up = scale([value for _, value in one.points], top + height, top + 16, zero=True, count=3)
        canvas.y_axis(up, 84, WIDTH - 30, "")
        peak = max(value for _, value in one.points)
        canvas.text(84, top + 8, f"{one.name}, peak {number(peak)}", "ink small")
        canvas.polyline(
            [(across(t / divisor), up(value)) for t, value in _thinned(one.points)], f"s{n % SERIES}"
        )
    canvas.x_axis(across, bottom, bottom, f"{unit} since the start")
    return canvas


def _thinned(points: Sequence[tuple[float, float]], most: int = 400) -> list[tuple[float, float]]:
    """At most so many points, each the highest of its stretch: a peak stays."""
    size = -(-len(points) // most)
    return [max(points[at : at + size], key=lambda point: point[1]) for at in range(0, len(points), size)]


def problem_grid(
    title: str, models: Sequence[tuple[str, Mapping[str, float]]], tasks: Sequence[str]
) -> Canvas | None:
    """Problems across, models down: full is solved, half is solved at times, a dot is not solved."""
    if not models or not tasks:
        return None
    left = 32 + max(text_width(label(name)) for name, _ in models)
    cell = max(3.0, min(14.0, (WIDTH - left - 20) / len(tasks)))
    per_band = max(1, int((WIDTH - left - 20) / cell))
    bands = [tasks[at : at + per_band] for at in range(0, len(tasks), per_band)]
    band_height = 18 * len(models) + 46
    canvas = Canvas(WIDTH, 48 + band_height * len(bands) + 18, title)
    for n, band in enumerate(bands):
        _band(canvas, models, band, left, 48 + n * band_height, cell)
    legend = "■ solved, ▄ at times, · not solved, blank: not asked, ▲ the models disagree (flipped)"
    canvas.text(left, 48 + band_height * len(bands) + 4, legend, "muted small")
    return canvas


def _band(
    canvas: Canvas,
    models: Sequence[tuple[str, Mapping[str, float]]],
    tasks: Sequence[str],
    left: float,
    top: float,
    cell: float,
) -> None:
    for row, (name, shares) in enumerate(models):
        y = top + 18 * row
        canvas.text(left - 10, y + 12, label(name), "ink", "end")
        canvas.path(_cells(left, y, cell, [shares.get(task) for task in tasks]), "f0")
    y = top + 18 * len(models)
    flipped = [n for n, task in enumerate(tasks) if _disagree(task, models)]
    canvas.path(
        "".join(f"M{left + cell * (n + 0.5):.1f} {y + 2:.1f}l2 6h-4Z" for n in flipped) or "M0 0", "f1"
    )
    widest = max(text_width(label(task)) for task in tasks)
    step = ceil(max(110, widest) / cell)
    for n in range(0, len(tasks), step):
        if left + cell * n + text_width(label(tasks[n])) > WIDTH:
            break
        canvas.text(left + cell * n, y + 22, label(tasks[n]), "muted small")


def _cells(left: float, y: float, cell: float, shares: Sequence[float | None]) -> str:
    """One path for a row; each shape begins where the one before began, which makes it half as long."""
    width = max(1.5, cell - 1)
    path, at_x, at_y = f"M{left:.1f} {y:.1f}", round(left, 1), 0.0
    for n, share in enumerate(shares):
        if share is not None:
            dx, dy, shape = _cell(width, share)
            x = round(left + cell * n + dx, 1)
            path += f"m{x - at_x:.4g} {dy - at_y:.3g}{shape}"
            at_x, at_y = x, dy
    return path


def _cell(width: float, share: float) -> tuple[float, float, str]:
    """Where within its place the shape of a share begins, and its outline from there."""
    if share >= 1:
        return 0, 0, f"h{width:.1f}v15h{-width:.1f}Z"
    if share > 0:
        return 0, 8, f"h{width:.1f}v7h{-width:.1f}Z"
    return width / 2 - 0.7, 7, "h1.4v1.4h-1.4Z"


def _disagree(task: str, models: Sequence[tuple[str, Mapping[str, float]]]) -> bool:
    return len({shares[task] for _, shares in models if task in shares}) > 1
