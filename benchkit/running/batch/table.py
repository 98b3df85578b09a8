"""Tables of this room: rows are mappings, and the comparison's tables draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from benchkit.running.batch.expand import Entry
from benchkit.telling.comparison.columns import Column
from benchkit.telling.comparison.tables import as_markdown, as_text, fitted

Row = Mapping[str, Any]


def column(name: str, title: str, need: int, digits: int | None = None) -> Column:
    """One that shows what the row holds by its name; `need` says how soon it goes when room is short."""
    value: Any = itemgetter(name)
    return Column(name, title, need, value, digits)


def cells_of(entry: Entry) -> Row:
    """What a row about a planned run begins with: its model, its benchmark, its place in the matrix."""
    model = entry.model
    return {
        "model": entry.settings.name,
        "quant": model.quantization if model else None,
        "size": model.size_bytes / 1e9 if model else None,
        "benchmark": entry.settings.benchmark,
        "place": entry.place,
    }


def text_table(columns: Sequence[Column], rows: Sequence[Row], width: int | None) -> str:
    """Only columns that have something to tell, and of those the ones that fit."""
    cells: Any = rows
    telling = [one for one in columns if any(row[one.name] not in (None, "") for row in rows)]
    kept, _ = fitted(telling, cells, width)
    return as_text(kept, cells, width)


def markdown_table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    cells: Any = rows
    return as_markdown(columns, cells)
