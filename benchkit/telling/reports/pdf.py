"""The report as PDF pages of A4, landscape: its text, then its charts below one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from benchkit.telling.reports.material import Material
from benchkit.telling.reports.page import as_pdf_pages
from benchkit.telling.reports.svg import Canvas
from benchkit.telling.reports.text import Text

TITLE = "Benchmark report"
A4_LANDSCAPE = (841.89, 595.28)  # points
WIDTH = 1040
HEIGHT = WIDTH * A4_LANDSCAPE[1] / A4_LANDSCAPE[0]
TOP, BOTTOM, LEFT = 48, 24, 16  # what a page leaves free; its heading stands in the uppermost
LINE, GAP = 15, 20
LONGEST_LINE = 150


class Pdf:
    def render(self, material: Material) -> bytes:
        lines = [part for line in Text().render(material).decode().splitlines() for part in _broken(line)]
        charts = [canvas for one in material.pages for canvas in material.charts(one)]
        pages = [*_pages_of_lines(lines), *_pages_of_charts(charts)]
        return as_pdf_pages(
            [_page(number, len(pages), parts) for number, parts in enumerate(pages, 1)], TITLE, A4_LANDSCAPE
        )


Part = tuple[float, str | Canvas]
"""What stands on a page, and how far below its top."""


def _pages_of_lines(lines: Sequence[str]) -> Iterator[list[Part]]:
    remaining = iter(lines)
    while chunk := list(islice(remaining, int((HEIGHT - TOP - BOTTOM) / LINE))):
        yield [(TOP + LINE * number, line) for number, line in enumerate(chunk)]


def _pages_of_charts(charts: Sequence[Canvas]) -> Iterator[list[Part]]:
    """As many on a page as fit; one that is taller than a page has one for itself, and is drawn smaller."""
    page: list[Part] = []
    top = float(TOP)
    for chart in charts:
        if page and top + chart.height > HEIGHT - BOTTOM:
            yield page
            page, top = [], float(TOP)
        page.append((top, chart))
        top += chart.height + GAP
    if page:
        yield page


def _page(number: int, count: int, parts: Sequence[Part]) -> Canvas:
    lowest = max((top + part.height for top, part in parts if isinstance(part, Canvas)), default=0.0)
    page = Canvas(WIDTH, max(HEIGHT, lowest + BOTTOM), f"{TITLE}, page {number} of {count}")
    for top, part in parts:
        if isinstance(part, Canvas):
            page.place(part, LEFT, top)
        else:
            page.text(LEFT, top, part, "ink mono")
    return page


def _broken(line: str) -> list[str]:
    """Paper does not scroll: a long line goes on below, further in."""
    if len(line) <= LONGEST_LINE:
        return [line]
    cut = line.rfind(" ", 40, LONGEST_LINE)
    cut = cut if cut > 0 else LONGEST_LINE
    return [line[:cut], *_broken("    " + line[cut:].lstrip())]
