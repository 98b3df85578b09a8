"""Rows as aligned text that fits the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

from benchkit.telling.tables.columns import Column, Row, cells
from benchkit.telling.tables.width import shortened, shown_width
from benchkit.terminal import printable

GAP = 2
SHORTEST = 12


def as_text(columns: Sequence[Column[Row]], rows: Sequence[Row], width: int | None) -> str:
    """Columns of equal width; a name too long for the room is shortened in its middle, nothing is wrapped."""
    return _aligned([_Cells(column, rows) for column in columns], width)


def as_fitted_text(
    columns: Sequence[Column[Row]], rows: Sequence[Row], width: int | None
) -> tuple[str, list[Column[Row]]]:
    """The same of only the columns that fit, and the others; each cell is made once."""
    kept, left_out = _split([_Cells(column, rows) for column in columns], width)
    return _aligned(kept, width), [one.column for one in left_out]


def fitted(
    columns: Sequence[Column[Row]], rows: Sequence[Row], width: int | None
) -> tuple[list[Column[Row]], list[Column[Row]]]:
    """The columns that fit, and those that do not: the least needed are left out first."""
    kept, left_out = _split([_Cells(column, rows) for column in columns], width)
    return [one.column for one in kept], [one.column for one in left_out]


class _Cells(Generic[Row]):
    """A column's texts, and the width that they take."""

    def __init__(self, column: Column[Row], rows: Sequence[Row]) -> None:
        self.column = column
        texts = cells(column, rows)
        # Asked of all texts at once: of ten thousand, each by itself, it takes most of a list's time.
        whole = column.title + "".join(texts)
        self._plain = whole.isascii() and whole.isprintable()
        self.texts = texts if self._plain else [printable(text) for text in texts]
        width_of = len if self._plain else shown_width
        self.width = max(map(width_of, (column.title, *self.texts)))
        self._longest = self.width

    @property
    def least_width(self) -> int:
        """What it needs to be of use."""
        return min(self.width, self.column.shrinks) if self.column.shrinks else self.width

    def padded(self) -> list[str]:
        """The lines of this column from its title down."""
        lines = [self.column.title, "─" * self.width, *self.texts]
        if self._plain and self._longest <= self.width:
            pad = str.rjust if self.column.right else str.ljust
            return [pad(line, self.width) for line in lines]
        return [self._padded(line) for line in lines]

    def _padded(self, text: str) -> str:
        text = shortened(text, self.width)
        if text.isascii():
            return text.rjust(self.width) if self.column.right else text.ljust(self.width)
        blanks = " " * (self.width - shown_width(text))
        return blanks + text if self.column.right else text + blanks


def _split(cells: Sequence[_Cells[Row]], width: int | None) -> tuple[list[_Cells[Row]], list[_Cells[Row]]]:
    kept, left_out = list(cells), []
    while width is not None and kept and sum(one.least_width + GAP for one in kept) - GAP > width:
        least = max(kept, key=lambda one: (one.column.need, kept.index(one)))
        if least.column.need == 0:
            break
        kept.remove(least)
        left_out.append(least)
    return kept, left_out


def _aligned(cells: Sequence[_Cells[Row]], width: int | None) -> str:
    if width is not None:
        _shrink(cells, width)
    lines = zip(*(one.padded() for one in cells), strict=True)
    return "\n".join((" " * GAP).join(line).rstrip() for line in lines)


def _shrink(cells: Sequence[_Cells[Row]], width: int) -> None:
    """Take what the line is too wide by from the columns that shrink, the widest first."""
    for one in sorted(cells, key=lambda one: -one.width):
        if one.column.shrinks:
            others = sum(other.width + GAP for other in cells if other is not one)
            one.width = min(one.width, max(SHORTEST, width - others))
