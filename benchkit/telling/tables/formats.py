"""Rows as text that fits the terminal, and as Markdown, HTML, CSV, TSV, JSON and LaTeX."""

from __future__ import annotations

import csv
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any
from unicodedata import combining, east_asian_width

from benchkit.telling.comparison.columns import Column, cell
from benchkit.telling.comparison.selection import Contestant

GAP = 2
SHORTEST_NAME = 12
TELLING_NAME = 32


def terminal_width() -> int | None:
    """How wide a line may be; None where no terminal limits it."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return None


def fitted(
    columns: Sequence[Column], rows: Sequence[Contestant], width: int | None
) -> tuple[list[Column], list[Column]]:
    """The columns that fit, and those that do not: the least needed went first."""
    kept, dropped = list(columns), []
    while width is not None and _least_width(kept, rows) > width:
        least = max(kept, key=lambda column: (column.need, kept.index(column)))
        if least.need == 0:
            break
        kept.remove(least)
        dropped.append(least)
    return kept, dropped


def as_text(columns: Sequence[Column], rows: Sequence[Contestant], width: int | None) -> str:
    """Columns of equal width; a name too long for the room is shortened in its middle, nothing is wrapped."""
    cells = [[printable(cell(column, one)) for column in columns] for one in rows]
    widths = _widths(columns, cells)
    if width is not None and columns and columns[0].name == "model":
        widths[0] = min(widths[0], max(SHORTEST_NAME, width - sum(widths[1:]) - GAP * (len(widths) - 1)))
    aligned = [column.right for column in columns]
    lines = [[column.title for column in columns], ["─" * width for width in widths], *cells]
    return "\n".join(
        (" " * GAP).join(_padded(*part) for part in zip(line, widths, aligned, strict=True)).rstrip()
        for line in lines
    )


def _least_width(columns: Sequence[Column], rows: Sequence[Contestant]) -> int:
    """The room these columns need, a long name shortened to what still tells models apart."""
    cells = [[printable(cell(column, one)) for column in columns] for one in rows]
    widths = _widths(columns, cells)
    names = [width for column, width in zip(columns, widths, strict=True) if column.name == "model"]
    spare = sum(max(0, width - TELLING_NAME) for width in names)
    return sum(widths) + GAP * (len(widths) - 1) - spare


def _widths(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    return [
        max([shown_width(column.title), *(shown_width(line[place]) for line in cells)])
        for place, column in enumerate(columns)
    ]


def _padded(text: str, width: int, right: bool) -> str:
    text = shortened(text, width)
    blanks = " " * (width - shown_width(text))
    return blanks + text if right else text + blanks


def shown_width(text: str) -> int:
    """Columns of the terminal: two for wide characters, none for combining ones."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def shortened(text: str, width: int) -> str:
    """The beginning and the end, where a model's name tells most."""
    if shown_width(text) <= width:
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


def printable(text: str) -> str:
    """Without the characters that move a terminal's cursor or hide text."""
    return "".join(char if char.isprintable() else "�" for char in text)


def as_markdown(columns: Sequence[Column], rows: Sequence[Contestant]) -> str:
    return _tabulated(
        "pipe", columns, rows, lambda text: re.sub(r"[\\|]", r"\\\g<0>", text).replace("<", "&lt;")
    )


def as_html(columns: Sequence[Column], rows: Sequence[Contestant]) -> str:
    return _tabulated("html", columns, rows)  # tabulate escapes


def as_latex(columns: Sequence[Column], rows: Sequence[Contestant]) -> str:
    """What tabulate escapes, and the mark of an odd row, which plain LaTeX does not know."""
    return _tabulated("latex", columns, rows).replace("≠", r"\ensuremath{\neq}")


def _tabulated(
    style: str, columns: Sequence[Column], rows: Sequence[Contestant], escape: Callable[[str], str] = str
) -> str:
    from tabulate import tabulate

    cells = [[escape(printable(cell(column, one))) for column in columns] for one in rows]
    return tabulate(
        cells,
        headers=[column.title for column in columns],
        tablefmt=style,
        disable_numparse=True,
        colalign=["right" if column.right else "left" for column in columns],
    )


def as_csv(columns: Sequence[Column], rows: Sequence[Contestant], separator: str = ",") -> str:
    """Plain values under the columns' names, unknown ones empty."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows([plain(column, one) for column in columns] for one in rows)
    return text.getvalue().rstrip("\n")


def as_tsv(columns: Sequence[Column], rows: Sequence[Contestant]) -> str:
    return as_csv(columns, rows, "\t")


def records(columns: Sequence[Column], rows: Sequence[Contestant]) -> list[dict[str, Any]]:
    return [{column.name: plain(column, one) for column in columns} for one in rows]


def plain(column: Column, one: Contestant) -> Any:
    """The value for programs; digits beyond meaning are cut."""
    value = column.value(one)
    return round(value, 6) if isinstance(value, float) else value


FORMATS: dict[str, Callable[[Sequence[Column], Sequence[Contestant]], str]] = {
    "markdown": as_markdown,
    "html": as_html,
    "csv": as_csv,
    "tsv": as_tsv,
    "latex": as_latex,
}
"""Tables by the name on the command line; `table`, which needs the terminal's width, is `as_text`."""
