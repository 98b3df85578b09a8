"""How wide text is on a terminal, and how it is made to fit there."""

from __future__ import annotations

import os
import sys
from unicodedata import combining, east_asian_width


def terminal_width() -> int | None:
    """How wide a line may be; None where no terminal limits it."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return None


def shown_width(text: str) -> int:
    """Columns of the terminal: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def shortened(text: str, width: int) -> str:
    """The beginning and the end, where a model's name tells most."""
    if len(text) * 2 <= width or shown_width(text) <= width:
        return text
    end = _cut(text[::-1], (width - 1) // 2)[::-1]
    return _cut(text, width - 1 - shown_width(end)) + "…" + end


def _cut(text: str, width: int) -> str:
    used = 0
    for place, char in enumerate(text):
        used += shown_width(char)
        if used > width:
            return text[:place]
    return text
