"""Lines of JSON among a run's artifacts, from whatever store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchkit.records import Run

if TYPE_CHECKING:
    from benchkit.telling.history.base import Store


def artifact_rows(store: Store, run: Run, name: str) -> Iterator[dict[str, Any]]:
    """The lines of a file; none where it is gone, broken lines passed over."""
    with suppress(OSError), store.artifact(run, name) as lines:
        for line in lines:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row
