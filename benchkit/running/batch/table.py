"""Tables of this room: their rows are mappings."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from benchkit.running.batch.expand import Entry
from benchkit.running.live import BoxNow
from benchkit.telling.tables.columns import Column
from benchkit.telling.tables.formats import as_markdown
from benchkit.telling.tables.text import as_fitted_text
from benchkit.terminal import printable

Row = Mapping[str, Any]
MODEL_WIDTH = 32  # so many characters of a name still tell models apart


def column(name: str, title: str, need: int, digits: int | None = None) -> Column[Row]:
    """One that shows what the row holds by its name; `need` says how soon it goes when room is short."""
    return Column(name, title, need, itemgetter(name), digits, shrinks=MODEL_WIDTH if name == "model" else 0)


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


def text_table(columns: Sequence[Column[Row]], rows: Sequence[Row], width: int | None) -> str:
    """Only columns that hold something, and of those the ones that fit."""
    telling = [one for one in columns if any(row[one.name] not in (None, "") for row in rows)]
    return as_fitted_text(telling, rows, width)[0]


def markdown_table(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    return as_markdown(columns, rows)


def box_table(boxes: Sequence[BoxNow], width: int | None) -> str:
    """The boxes of a cluster, idle ones too."""
    now = time.time()
    rows = [
        {
            "box": printable(box.name),
            "doing": printable(box.doing),
            "gpu": printable(", ".join(box.gpus)) or "none",
            "vram": None if box.vram_mb is None else box.vram_mb / 1024,
            "engines": printable(", ".join(box.engines)) or "none",
            "heard": box.heard(now),
        }
        for box in boxes
    ]
    return text_table(_BOX_COLUMNS, rows, width)


_BOX_COLUMNS = (
    column("box", "box", 0),
    column("doing", "doing", 0),
    column("gpu", "GPU", 2),
    column("vram", "VRAM GiB", 3, 1),
    column("engines", "engines", 4),
    column("heard", "heard", 1),
)
