"""What a column is: how it reads its value from a row, and how the value is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
DOUBTFUL = "*"  # behind a value that must not be taken at its word; the remarks say why


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column; `need` says how soon it is left out when room is short, 0 never."""

    name: str  # for --columns and --sort
    title: str
    need: int
    value: Callable[[Row], Any]
    digits: int | None = None  # after the point; None for texts
    best: str = ""  # "high" or "low" where there is a better end
    speed: bool = False  # depends on the GPU: never ranked across different ones
    form: Callable[[Any], str] | None = None  # the value for people, where `digits` does not say it
    figures: bool = False  # a text of figures, aligned like a number
    doubtful: Callable[[Row], bool] | None = None  # whether a row's value is marked
    beside: Callable[[Row], str] | None = None  # what people see behind the value, such as its interval
    unknown: str = ""  # what people see where there is no value
    shrinks: int = 0  # may be shortened when room is short, and needs this many characters to be of use

    @property
    def right(self) -> bool:
        """Whether its cells are aligned to the right, as figures are."""
        return self.digits is not None or self.figures


def cell(column: Column[Row], row: Row) -> str:
    """The value for people; unknown is an empty cell."""
    return cells(column, (row,))[0]


def cells(column: Column[Row], rows: Iterable[Row]) -> list[str]:
    """The values of one column for people; what depends on the column alone is done once."""
    show = column.form or (str if column.digits is None else partial(decimal, digits=column.digits))
    if column.doubtful is None and column.beside is None:
        return [column.unknown if value is None else show(value) for value in map(column.value, rows)]
    return [_marked(column, row, show) for row in rows]


def _marked(column: Column[Row], row: Row, show: Callable[[Any], str]) -> str:
    value = column.value(row)
    if value is None:
        return column.unknown
    shown = show(value) + (DOUBTFUL if column.doubtful is not None and column.doubtful(row) else "")
    return shown + (column.beside(row) if column.beside is not None else "")


def plain_value(column: Column[Row], row: Row) -> Any:
    """The value for programs; digits beyond meaning are cut."""
    value = column.value(row)
    return round(value, 6) if isinstance(value, float) else value


def decimal(value: float, digits: int) -> str:
    """With so many digits after the point, more where the number would otherwise read as zero."""
    too_small = 0 < abs(value) < 0.5 * 10**-digits
    return f"{value:.1g}" if too_small else f"{value:.{digits}f}"
