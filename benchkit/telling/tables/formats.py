"""Rows as Markdown, HTML, CSV, TSV, JSON and LaTeX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

from benchkit.telling.tables.columns import Column, Row, cell, plain_value
from benchkit.terminal import printable


def as_markdown(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    return _tabulated(
        "pipe", columns, rows, lambda text: re.sub(r"[\\|]", r"\\\g<0>", text).replace("<", "&lt;")
    )


def as_html(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    return _tabulated("html", columns, rows)  # tabulate escapes


def as_latex(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    """What tabulate escapes, and the mark of an odd row, which plain LaTeX does not know."""
    return _tabulated("latex", columns, rows).replace("≠", r"\ensuremath{\neq}")


def _tabulated(
    style: str, columns: Sequence[Column[Row]], rows: Sequence[Row], escape: Callable[[str], str] = str
) -> str:
    from tabulate import tabulate

    cells = [[escape(printable(cell(column, row))) for column in columns] for row in rows]
    return tabulate(
        cells,
        headers=[column.title for column in columns],
        tablefmt=style,
        disable_numparse=True,
        colalign=["right" if column.right else "left" for column in columns],
    )


def as_csv(columns: Sequence[Column[Row]], rows: Sequence[Row], separator: str = ",") -> str:
    """Plain values under the columns' names, unknown ones empty."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows([plain_value(column, row) for column in columns] for row in rows)
    return text.getvalue().rstrip("\n")


def as_tsv(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    return as_csv(columns, rows, "\t")


def records(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [{column.name: plain_value(column, row) for column in columns} for row in rows]


FORMATS: dict[str, Callable[[Sequence[Column[Any]], Sequence[Any]], str]] = {
    "markdown": as_markdown,
    "html": as_html,
    "csv": as_csv,
    "tsv": as_tsv,
    "latex": as_latex,
}
"""Tables by the name on the command line; `table`, which needs the terminal's width, is `as_text`."""
