"""Lines of JSON among a run's artifacts, from whatever store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchkit.records import Run

if TYPE_CHECKING:
    from benchkit.telling.history.base import Store


def artifact_rows(store: Store, run: Run, name: str) -> Iterator[dict[str, Any]]:
    """The lines of a file; none where it is gone, broken lines passed over."""
    with suppress(OSError), store.artifact(run, name) as lines:
        yield from json_objects(lines)


def json_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The same of a file that is not in the history yet."""
    with suppress(OSError), path.open("rb") as lines:
        yield from json_objects(lines)


def json_objects(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """One a line; half a line, as a crash leaves it, and what is no object are passed over."""
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row
