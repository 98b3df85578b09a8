"""The fonts of pictures and pages: they are installed with us, so that no machine needs fonts of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

from benchkit.telling.reports.svg import FONT

SIZES = {"big": 15.0, "small": 10.5, "mono": 11.0}  # as the style of the drawing has them
PROPORTIONAL, FIXED = "Inter", "JetBrains Mono"
PACKAGES = {PROPORTIONAL: "fontpkg_inter", FIXED: "fontpkg_jetbrains_mono"}


@lru_cache
def font_files() -> dict[str, Path]:
    """Each family's upright file."""
    return {family: _upright(package) for family, package in PACKAGES.items()}


def _upright(package: str) -> Path:
    root: Path = import_module(package).ROOT
    return next(path for path in sorted(root.glob("files/*.ttf")) if "Italic" not in path.name)


@lru_cache
def registered_fonts() -> dict[str, Any]:
    """Each family as ReportLab knows it, with its characters and their widths."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    fonts = {family: TTFont(family, str(path)) for family, path in font_files().items()}
    for font in fonts.values():
        registerFont(font)
    return fonts


def runs(text: str, family: str) -> Iterator[tuple[str | None, str]]:
    """The text in pieces of one font each: what a family has not the other may have, else None."""
    fonts = registered_fonts()
    families = (family, *(name for name in fonts if name != family))

    def family_of(char: str) -> str | None:
        return next((name for name in families if ord(char) in fonts[name].face.charToGlyph), None)

    return ((name, "".join(chars)) for name, chars in groupby(text, family_of))


def text_width(text: str, family: str, size: float) -> float:
    width: float = registered_fonts()[family].stringWidth(text, size)
    return width


def font_size(classes: str) -> float:
    """Of a text of the drawing, by its classes."""
    return next((SIZES[name] for name in classes.split() if name in SIZES), float(FONT))
