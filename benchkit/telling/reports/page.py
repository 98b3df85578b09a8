"""Drawings as PDF pages, their shapes and texts as such: sharp at any size, and their words can be searched.

It reads the SVG that `Canvas` writes, and nothing else of SVG: rectangles, paths of the commands that
`_trace` knows, texts, groups that are moved, and the classes of the light theme.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree

from benchkit.telling.reports.fonts import FIXED, PROPORTIONAL, font_size, runs, text_width
from benchkit.telling.reports.svg import LIGHT, SERIES_LIGHT, Canvas

PAPER, INK, MUTED, FAINT, AXIS = LIGHT
FILLS = {"paper": PAPER, "ink": INK, "muted": MUTED, "hollow": PAPER, "band": FAINT}
FILLS |= {f"f{number}": colour for number, colour in enumerate(SERIES_LIGHT)}
STROKES = {"grid": FAINT, "axis": AXIS} | {f"s{number}": colour for number, colour in enumerate(SERIES_LIGHT)}
LINE_WIDTH = 1.8
UNKNOWN = "□"
POINTS = 0.75  # of a PDF, for one unit of the drawing
TOKEN = re.compile(r"[A-Za-z]|-?[\d.]+(?:e-?\d+)?")


def as_pdf(canvas: Canvas) -> bytes:
    """One page of the drawing's size."""
    return as_pdf_pages([canvas], canvas.title, (canvas.width * POINTS, canvas.height * POINTS))


def as_pdf_pages(canvases: Sequence[Canvas], title: str, paper: tuple[float, float]) -> bytes:
    """Each drawing on a page of this width and height in points, as large as fits."""
    from reportlab.pdfgen.canvas import Canvas as Pdf

    content = io.BytesIO()
    pdf = Pdf(content, paper, invariant=1)
    pdf.setTitle(title)
    for canvas in canvases:
        scale = min(paper[0] / canvas.width, paper[1] / canvas.height)
        pdf.scale(scale, -scale)
        pdf.translate(0, -paper[1] / scale)
        _Page(pdf).draw(ElementTree.fromstring(canvas.plain()))
        pdf.showPage()
    pdf.save()
    return content.getvalue()


class _Page:
    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf

    def draw(self, parent: ElementTree.Element) -> None:
        """Everything in an element, in its order; what is no shape (a title, a style) is passed over."""
        shapes: dict[str, Callable[[ElementTree.Element, list[str]], None]] = {
            "rect": self._rectangle,
            "path": self._path,
            "text": self._text,
            "g": self._group,
        }
        for element in parent:
            draw = shapes.get(element.tag.rpartition("}")[2])
            if draw is not None:
                self._pdf.saveState()
                draw(element, element.get("class", "").split())
                self._pdf.restoreState()

    def _group(self, element: ElementTree.Element, _classes: list[str]) -> None:
        self._pdf.translate(*_numbers(element.get("transform", "")))
        self.draw(element)

    def _rectangle(self, element: ElementTree.Element, classes: list[str]) -> None:
        self._colour(element, classes)
        x, y, width, height = (float(element.get(name, 0)) for name in ("x", "y", "width", "height"))
        self._pdf.rect(x, y, width, height, stroke=0, fill=1)

    def _path(self, element: ElementTree.Element, classes: list[str]) -> None:
        self._colour(element, classes)
        path = self._pdf.beginPath()
        _trace(path, element.get("d", ""))
        filled = "line" not in classes
        stroked = any(name in STROKES for name in classes)
        self._pdf.drawPath(path, stroke=int(stroked), fill=int(filled))

    def _colour(self, element: ElementTree.Element, classes: list[str]) -> None:
        from reportlab.lib.colors import HexColor

        for name in classes:
            if name in FILLS:
                self._pdf.setFillColor(HexColor(FILLS[name]))
            if name in STROKES:
                self._pdf.setStrokeColor(HexColor(STROKES[name]))
        thin = "grid" in classes or "axis" in classes
        self._pdf.setLineWidth(float(element.get("stroke-width", 1 if thin else LINE_WIDTH)))
        if dash := _numbers(element.get("stroke-dasharray", "")):
            self._pdf.setDash(dash)

    def _text(self, element: ElementTree.Element, classes: list[str]) -> None:
        self._colour(element, classes)
        size = font_size(element.get("class", ""))
        pieces = [
            (family or FIXED, piece if family else UNKNOWN * len(piece))
            for family, piece in runs(element.text or "", FIXED if "mono" in classes else PROPORTIONAL)
        ]
        width = sum(text_width(piece, family, size) for family, piece in pieces)
        start = {"middle": width / 2, "end": width}.get(element.get("text-anchor", ""), 0.0)
        self._pdf.translate(float(element.get("x", 0)), float(element.get("y", 0)))
        if turned := _numbers(element.get("transform", "")):
            self._pdf.rotate(turned[0])
        self._pdf.scale(1, -1)  # letters stand the other way round than the drawing
        for family, piece in pieces:
            self._pdf.setFont(family, size)
            self._pdf.drawString(-start, 0, piece)
            start -= text_width(piece, family, size)


def _trace(path: Any, commands: str) -> None:
    """The path command by command; of arcs only the whole circles that markers are."""
    tokens = iter(TOKEN.findall(commands))
    x = y = start_x = start_y = 0.0

    def number() -> float:
        return float(next(tokens))

    for command in tokens:
        match command:
            case "M" | "m":
                x, y = (number(), number()) if command == "M" else (x + number(), y + number())
                start_x, start_y = x, y
                path.moveTo(x, y)
            case "L" | "l":
                x, y = (number(), number()) if command == "L" else (x + number(), y + number())
                path.lineTo(x, y)
            case "h" | "v":
                x, y = (x + number(), y) if command == "h" else (x, y + number())
                path.lineTo(x, y)
            case "a":
                radius, *_, dx, _ = (number() for _ in range(7))
                x += dx
                if dx > 0:  # the first half of a circle; the second adds nothing
                    path.circle(x - radius, y, radius)
            case "Z":
                path.close()
                x, y = start_x, start_y
            case _:
                raise ValueError(f"no path of ours has {command!r}")


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", text)]
