"""The canvas that every chart is drawn on: shapes, text and axes as SVG, in light and dark.

No information is carried by colour alone: series differ in marker and dash as well, and values stand beside
the shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, cos, floor, log10, pi, sin

from benchkit.telling.tables.width import shortened, shown_width
from benchkit.terminal import printable

FONT = 12
CHARACTER = 7.1  # the mean width of a character at that size
BIG_CHARACTER = 9.2  # and of a title's
LONGEST_LABEL = 38
SERIES = 6  # kinds of marker, dash and colour

LIGHT = ("#ffffff", "#1b1f24", "#59636e", "#d1d9e0", "#8c959f")
DARK = ("#14171c", "#e6edf3", "#9aa4af", "#30363d", "#6e7781")
# Okabe and Ito's colours, which stay apart for the colour-blind; darker on white, lighter on black.
SERIES_LIGHT = ("#0060a8", "#b34700", "#00735c", "#9c3d7c", "#6b5b00", "#444c56")
SERIES_DARK = ("#56b4e9", "#f0893a", "#2fc7a0", "#d98cba", "#e0cf4a", "#b4bec8")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "12 4", "1 2")
MARKERS = ("circle", "square", "triangle", "diamond", "cross", "star")
PROPORTIONAL_FONTS = "system-ui,'DejaVu Sans',sans-serif"
FIXED_FONTS = "'DejaVu Sans Mono',monospace"


def _theme(colours: Sequence[str], series: Sequence[str]) -> str:
    paper, ink, muted, faint, axis = colours
    rules = [
        f".paper{{fill:{paper}}}.ink{{fill:{ink}}}.muted{{fill:{muted}}}",
        f".grid{{stroke:{faint}}}.axis{{stroke:{axis}}}.hollow{{fill:{paper}}}.band{{fill:{faint}}}",
    ]
    rules += [f".f{n}{{fill:{colour}}}.s{n}{{stroke:{colour}}}" for n, colour in enumerate(series)]
    return "".join(rules)


STYLE = (
    f"svg.chart text{{font:{FONT}px {PROPORTIONAL_FONTS}}}"
    "svg.chart .big{font-size:15px;font-weight:600}svg.chart .small{font-size:10.5px}"
    f"svg.chart .mono{{font-family:{FIXED_FONTS};font-size:11px;white-space:pre}}"
    "svg.chart .line{fill:none;stroke-width:1.8}svg.chart .grid,svg.chart .axis{stroke-width:1}"
    + _theme(LIGHT, SERIES_LIGHT)
)
DARK_STYLE = f"@media (prefers-color-scheme:dark){{{_theme(DARK, SERIES_DARK)}}}"


@dataclass(frozen=True)
class Scale:
    """From values to places, with round numbers on the way."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...] = ()

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def labels(self) -> list[str]:
        """The ticks with as many digits as the finest needs, so that no two read the same."""
        close = 0.001 * (self.ticks[1] - self.ticks[0])
        digits = next((d for d in range(12) if all(abs(round(t, d) - t) < close for t in self.ticks)), 12)
        return [f"{tick:,.{digits}f}" for tick in self.ticks]


def scale(values: Sequence[float], start: float, end: float, *, zero: bool = False, count: int = 6) -> Scale:
    """Round ends around the values, from zero where a length is to be read."""
    low, high = min(values), max(values)
    low = min(0.0, low) if zero else low
    room = max(1.0, 1e-6 * abs(high))  # a huge number and one more than it are the same float
    if high - low < 1e-9 * room:
        low, high = (low, high + room) if zero else (low - room / 2, high + room / 2)
    step = _round_step((high - low) / count)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple(n * step for n in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], start, end, ticks)


def _round_step(rough: float) -> float:
    power = 10.0 ** floor(log10(rough))
    return next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999)


def number(value: float) -> str:
    """As short as it may be: `0.25`, `70`, `1,200`."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def label(text: str) -> str:
    return shortened(printable(text), LONGEST_LABEL)


def text_width(text: str) -> float:
    return shown_width(text) * CHARACTER


class Canvas:
    """Collects elements; `svg()` is the picture on its own, `inline()` the same for a page with our style."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self.width, self.height, self.title = width, height, title
        self._parts: list[str] = []
        self.text(16, 24, shortened(printable(title), int((width - 32) / BIG_CHARACTER)), "ink big")

    def text(
        self, x: float, y: float, text: str, style: str = "ink", anchor: str = "start", turn: float = 0
    ) -> None:
        extra = "" if anchor == "start" else f' text-anchor="{anchor}"'
        extra += ' xml:space="preserve"' if "mono" in style else ""
        extra += f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{style}"{extra}>{escape(printable(text))}</text>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str, dash: str = "") -> None:
        self.path(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", f"line {style}", dash)

    def path(self, points: str, style: str, dash: str = "") -> None:
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(f'<path d="{points}" class="{style}"{extra}/>')

    def polyline(
        self, points: Sequence[tuple[float, float]], style: str, dash: str = "", closed: bool = False
    ) -> None:
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self.path(path + ("Z" if closed else ""), f"line {style}", dash)

    def rectangle(self, x: float, y: float, width: float, height: float, style: str) -> None:
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" '
            f'height="{height:.1f}" class="{style}"/>'
        )

    def marker(
        self, x: float, y: float, series: int, *, hollow: bool = False, size: float = 5, said: str = ""
    ) -> None:
        """A point; `said` shows when the mouse rests on it."""
        number = series % SERIES
        style = f"hollow s{number}" if hollow else f"f{number} s{number}"
        tip = f"<title>{escape(printable(said))}</title>" if said else ""
        self._parts.append(
            f'<path d="{_shape(MARKERS[number], x, y, size)}" class="{style}" stroke-width="1.6">{tip}</path>'
        )

    def x_axis(
        self, along: Scale, y: float, top: float, title: str, *, numbers: Sequence[str] | None = None
    ) -> None:
        for tick, words in zip(along.ticks, numbers or along.labels(), strict=True):
            self.line(along(tick), top, along(tick), y, "grid")
            self.text(along(tick), y + 16, words, "muted", "middle")
        self.line(along.start, y, along.end, y, "axis")
        self.text((along.start + along.end) / 2, y + 36, title, "muted", "middle")

    def y_axis(self, along: Scale, x: float, right: float, title: str) -> None:
        for tick, words in zip(along.ticks, along.labels(), strict=True):
            self.line(x, along(tick), right, along(tick), "grid")
            self.text(x - 7, along(tick) + 4, words, "muted", "end")
        self.line(x, along.start, x, along.end, "axis")
        self.text(x - 44, (along.start + along.end) / 2, title, "muted", "middle", turn=-90)

    def place(self, other: Canvas, x: float, y: float) -> None:
        """Another picture inside this one."""
        self._parts.append(f'<g transform="translate({x:g} {y:g})">{other.body()}</g>')

    def svg(self) -> str:
        """A file of its own."""
        return self._element(
            f' xmlns="http://www.w3.org/2000/svg" width="{self.width:g}" height="{self.height:g}"',
            f"<style>{STYLE}{DARK_STYLE}</style>",
        )

    def plain(self, proportional: str = PROPORTIONAL_FONTS, fixed: str = FIXED_FONTS) -> str:
        """For converters that know no dark paper, with fonts of theirs."""
        style = STYLE.replace(PROPORTIONAL_FONTS, proportional).replace(FIXED_FONTS, fixed)
        return self._element(
            f' xmlns="http://www.w3.org/2000/svg" width="{self.width:g}" height="{self.height:g}"',
            f"<style>{style}</style>",
        )

    def inline(self) -> str:
        """For an HTML page that holds STYLE and DARK_STYLE."""
        return self._element("", "")

    def body(self) -> str:
        """The elements alone, for a picture made of several."""
        return "".join(self._parts)

    def _element(self, attributes: str, style: str) -> str:
        return (
            f'<svg{attributes} class="chart" viewBox="0 0 {self.width:g} {self.height:g}" role="img" '
            f'aria-label="{escape(printable(self.title))}">{style}'
            f'<rect width="{self.width:g}" height="{self.height:g}" class="paper"/>{self.body()}</svg>'
        )


def _shape(kind: str, x: float, y: float, r: float) -> str:
    match kind:
        case "circle":
            return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0Z"
        case "square":
            return f"M{x - r * 0.9:.1f} {y - r * 0.9:.1f}h{r * 1.8:.1f}v{r * 1.8:.1f}h{-r * 1.8:.1f}Z"
        case "cross":
            a, b = r, r / 2.8
            steps = [
                (-b, -a),
                (b, -a),
                (b, -b),
                (a, -b),
                (a, b),
                (b, b),
                (b, a),
                (-b, a),
                (-b, b),
                (-a, b),
                (-a, -b),
                (-b, -b),
            ]
            return _polygon([(x + dx, y + dy) for dx, dy in steps])
        case "triangle":
            return _star(x, y, r * 1.2, 3, 1.0)
        case "diamond":
            return _star(x, y, r * 1.25, 4, 1.0)
    return _star(x, y, r * 1.3, 5, 0.5)


def _star(x: float, y: float, r: float, corners: int, dent: float) -> str:
    """A regular polygon, or with a dent a star."""
    steps = corners if dent == 1.0 else 2 * corners
    points = []
    for step in range(steps):
        radius = r if dent == 1.0 or step % 2 == 0 else r * dent
        angle = 2 * pi * step / steps - pi / 2
        points.append((x + radius * cos(angle), y + radius * sin(angle)))
    return _polygon(points)


def _polygon(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"
