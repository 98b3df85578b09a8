"""Rows as aligned text that fits the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from benchkit.telling.tables.columns import Column, Row, cell
from benchkit.telling.tables.width import printable, shortened, shown_width

GAP = 2
SHORTEST_NAME = 12
SUFFICIENT_NAME = 32
"""So many characters of a name still tell models apart."""


def as_text(columns: Sequence[Column[Row]], rows: Sequence[Row], width: int | None) -> str:
    """Columns of equal width; a name too long for the room is shortened in its middle, nothing is wrapped."""
    return _aligned(columns, _cells(columns, rows), width)


def as_fitted_text(columns: Sequence[Column[Row]], rows: Sequence[Row], width: int | None) -> str:
    """The same of only the columns that fit; each cell is made once, for tables of ten thousand rows."""
    cells = _cells(columns, rows)
    kept = _places_that_fit(columns, _widths(columns, cells), width)
    if len(kept) < len(columns):
        cells = [[line[place] for place in kept] for line in cells]
    return _aligned([columns[place] for place in kept], cells, width)


def fitted(
    columns: Sequence[Column[Row]], rows: Sequence[Row], width: int | None
) -> tuple[list[Column[Row]], list[Column[Row]]]:
    """The columns that fit, and those that do not: the least needed are left out first."""
    kept = _places_that_fit(columns, _widths(columns, _cells(columns, rows)), width)
    dropped = [column for place, column in enumerate(columns) if place not in kept]
    dropped.sort(key=lambda column: (column.need, columns.index(column)), reverse=True)
    return [columns[place] for place in kept], dropped


def _places_that_fit(columns: Sequence[Column[Row]], widths: Sequence[int], width: int | None) -> list[int]:
    """Where the columns to keep are; a name counts only as far as it is needed to tell models apart."""
    needed = [min(w, SUFFICIENT_NAME) if c.shrinks else w for c, w in zip(columns, widths, strict=True)]
    kept = list(range(len(columns)))
    while width is not None and kept and sum(needed[n] + GAP for n in kept) - GAP > width:
        least = max(kept, key=lambda place: (columns[place].need, place))
        if columns[least].need == 0:
            break
        kept.remove(least)
    return kept


def _cells(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> list[list[str]]:
    return [[printable(cell(column, row)) for column in columns] for row in rows]


def _aligned(columns: Sequence[Column[Row]], cells: Sequence[Sequence[str]], width: int | None) -> str:
    widths = _widths(columns, cells)
    if width is not None:
        _shrink_names(columns, widths, width)
    aligned = [column.right for column in columns]
    lines = [[column.title for column in columns], ["─" * width for width in widths], *cells]
    return "\n".join(
        (" " * GAP).join(_padded(*part) for part in zip(line, widths, aligned, strict=True)).rstrip()
        for line in lines
    )


def _shrink_names(columns: Sequence[Column[Row]], widths: list[int], width: int) -> None:
    """Take from the names what the line is too wide by."""
    for place, column in enumerate(columns):
        if column.shrinks:
            others = sum(widths) - widths[place] + GAP * (len(widths) - 1)
            widths[place] = min(widths[place], max(SHORTEST_NAME, width - others))


def _widths(columns: Sequence[Column[Row]], cells: Sequence[Sequence[str]]) -> list[int]:
    return [
        max([shown_width(column.title), *(shown_width(line[place]) for line in cells)])
        for place, column in enumerate(columns)
    ]


def _padded(text: str, width: int, right: bool) -> str:
    text = shortened(text, width)
    blanks = " " * (width - shown_width(text))
    return blanks + text if right else text + blanks
