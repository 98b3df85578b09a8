"""The report as one long PDF page: its text, then its charts below one another."""

from __future__ import annotations

from benchkit.telling.reports.material import Material
from benchkit.telling.reports.page import as_pdf
from benchkit.telling.reports.svg import Canvas
from benchkit.telling.reports.text import Text

LINE = 15
WIDTH = 1040
LONGEST_LINE = 150


class Pdf:
    def render(self, material: Material) -> bytes:
        drawn = [canvas for one in material.pages for canvas in material.charts(one)]
        lines = [part for line in Text().render(material).decode().splitlines() for part in _broken(line)]
        top = 44.0 + LINE * len(lines)
        whole = Canvas(WIDTH, top + sum(canvas.height + 20 for canvas in drawn) + 20, "Benchmark report")
        for n, line in enumerate(lines):
            whole.text(16, 48 + LINE * n, line, "ink mono")
        for canvas in drawn:
            whole.place(canvas, 16, top)
            top += canvas.height + 20
        return as_pdf(whole)


def _broken(line: str) -> list[str]:
    """Paper does not scroll: a long line goes on below, further in."""
    if len(line) <= LONGEST_LINE:
        return [line]
    cut = line.rfind(" ", 40, LONGEST_LINE)
    cut = cut if cut > 0 else LONGEST_LINE
    return [line[:cut], *_broken("    " + line[cut:].lstrip())]
