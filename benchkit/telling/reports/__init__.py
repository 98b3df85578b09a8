"""Charts and reports, drawn and written by our own small code: no browser, no network.

svg.py       the canvas: shapes, text, axes; light and dark by the reader's own setting
charts.py    ranking, score against a cost, a model's history, by difficulty
profiles.py  radar over metrics, resources over a run, the grid of problems and models
gallery.py   the charts that a comparison has data for, into a folder as SVG, PNG or PDF
png.py       a drawing as a picture; page.py: as a PDF page; fonts.py: the fonts of both
material.py  the content of a report, gathered once for all formats
flips.py     for each flipped problem both codes side by side, and the rows per problem
codes.py       the same for a terminal
html.py markdown.py text.py rows.py pdf.py   one file a format; base.py says what a format offers
writing.py   the file of a report or a chart

To add a format, write its file and its line in FORMATS.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from benchkit.errors import UnknownName

if TYPE_CHECKING:
    from benchkit.telling.reports.base import Format

FORMATS = {
    "markdown": "benchkit.telling.reports.markdown:Markdown",
    "html": "benchkit.telling.reports.html:Html",
    "text": "benchkit.telling.reports.text:Text",
    "csv": "benchkit.telling.reports.rows:Csv",
    "jsonl": "benchkit.telling.reports.rows:JsonLines",
    "pdf": "benchkit.telling.reports.pdf:Pdf",
}
"""Name -> module:Class."""


def get_format(name: str) -> Format:
    if name not in FORMATS:
        raise UnknownName("report format", name, FORMATS)
    module, _, attribute = FORMATS[name].partition(":")
    made: Format = getattr(import_module(module), attribute)()
    return made
