"""A chart as a PNG picture."""

from __future__ import annotations

from xml.etree import ElementTree

from benchkit.telling.reports.fonts import FIXED, PROPORTIONAL, font_files, font_size, runs, text_width
from benchkit.telling.reports.svg import Canvas

PIXELS = 2.0  # in each direction, for one unit of the drawing
SVG = "http://www.w3.org/2000/svg"


def as_png(canvas: Canvas) -> bytes:
    """With our fonts first; of the machine's own those that have what ours have not, such as 模型."""
    from resvg_py import svg_to_bytes

    files = [str(path) for path in font_files().values()]
    return bytes(svg_to_bytes(svg_string=as_svg_with_our_fonts(canvas), zoom=PIXELS, font_files=files))


def as_svg_with_our_fonts(canvas: Canvas) -> str:
    """A text that needs both fonts is cut up: one missing glyph would give all of it to another font."""
    ElementTree.register_namespace("", SVG)
    drawing = ElementTree.fromstring(canvas.plain(PROPORTIONAL, f"'{FIXED}'"))
    for element in drawing.iter(f"{{{SVG}}}text"):
        pieces = list(runs(element.text or "", PROPORTIONAL))
        if len(pieces) > 1 and "mono" not in element.get("class", ""):
            _cut_up(element, pieces)
    return ElementTree.tostring(drawing, encoding="unicode")


def _cut_up(element: ElementTree.Element, pieces: list[tuple[str | None, str]]) -> None:
    """Each piece at a place of its own, which is as wide as the pieces before it."""
    size = font_size(element.get("class", ""))
    widths = [text_width(piece, family or FIXED, size) for family, piece in pieces]
    x = float(element.get("x", 0)) - {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", ""), 0) * sum(
        widths
    )
    element.text = None
    element.attrib.pop("text-anchor", None)
    for (family, piece), width in zip(pieces, widths, strict=True):
        part = ElementTree.SubElement(element, f"{{{SVG}}}tspan", {"x": f"{x:.2f}"})
        part.text = piece
        if family == FIXED:
            part.set("font-family", FIXED)
        x += width
