"""What is wrong with what a database holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchkit.errors import HistoryError
from benchkit.telling.history.listing import FACTS
from benchkit.telling.history.postgresql.rows import RECORD, row_of, run_of_text

Rows = Callable[[str], list[tuple[Any, ...]]]
AT_ONCE = 1000


def problems(rows: Rows) -> Iterator[str]:
    """Records that are none, and columns that say something else than their record."""
    columns = ", ".join(FACTS)
    after = 0
    while part := rows(
        f"SELECT sequence, {RECORD}, {columns} FROM run"
        f" WHERE sequence > {after} ORDER BY sequence LIMIT {AT_ONCE}"
    ):
        for sequence, text, *values in part:
            after = sequence
            facts = dict(zip(FACTS, values, strict=True))
            try:
                meant = row_of(run_of_text(text, sequence))
            except (HistoryError, ValueError) as error:
                yield f"run {facts['id']}: its record cannot be read: {error}"
                continue
            wrong = [name for name, value in facts.items() if meant[name] != value]
            if wrong:
                yield f"run {facts['id']}: its {', '.join(wrong)} differ from its record: copy it anew"
