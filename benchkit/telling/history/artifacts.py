"""What lies among a run's artifacts, from whatever store: its small files, and lines of JSON in them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from benchkit.contract import ATTEMPTS, SERVER_LOGS, AttemptFile, RunFile
from benchkit.json_values import json_objects
from benchkit.records import Run
from benchkit.telling.history.sealed import open_below

if TYPE_CHECKING:
    from benchkit.telling.history.base import Store

SMALL = (RunFile.VERDICTS, RunFile.ANSWERS, RunFile.ANSWERS_KEY, RunFile.MEASURES, RunFile.SUMMARY)
LOGS = (RunFile.OUTPUT, SERVER_LOGS, RunFile.EVENTS, RunFile.TELEMETRY)
LOGS_OF_ATTEMPTS = frozenset({AttemptFile.STDOUT, AttemptFile.STDERR})
MOST_FILES = 20_000

FENCE = re.compile(r"```[^\n`]*\n(.*?)(?:\n```|\Z)", re.DOTALL)


@dataclass(frozen=True)
class RunFiles:
    """The small files that a run left: their names, and what opens one of them."""

    names: Sequence[str] = ()
    open: Callable[[str], BinaryIO] = lambda name: open_below(Path(), name)


def artifact_rows(store: Store, run: Run, name: str) -> Iterator[dict[str, Any]]:
    """The lines of a file; none where it is gone, broken lines passed over."""
    with suppress(OSError), store.artifact(run, name) as lines:
        yield from json_objects(lines)


def json_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The same of a file that is not in the history yet."""
    with suppress(OSError), path.open("rb") as lines:
        yield from json_objects(lines)


def code_of(row: Mapping[str, Any]) -> str:
    """The code as it was judged where that was kept, else what the answer holds between its fences."""
    kept = row.get("code") or row.get("solution")
    if kept:
        return str(kept)
    response = str(row.get("response") or "")
    fenced = FENCE.findall(response)
    return max(fenced, key=len) if fenced else response


def files_in(folder: Path | None, *, logs: bool = False) -> RunFiles:
    """The small files in a run's folder, by their names relative to it; its logs only on request."""
    if folder is None:
        return RunFiles()
    return RunFiles(_names_in(folder, logs=logs), partial(open_below, folder))


def _names_in(folder: Path, *, logs: bool) -> list[str]:
    kept = [name for name in SMALL if (folder / name).is_file()]
    if logs:
        kept += sorted({path.name for pattern in LOGS for path in folder.glob(pattern)})
    for place, _, names in os.walk(folder / ATTEMPTS):
        wanted = (name for name in sorted(names) if logs or name not in LOGS_OF_ATTEMPTS)
        kept += [str(Path(place, name).relative_to(folder)) for name in wanted]
        if len(kept) > MOST_FILES:
            break
    return kept[:MOST_FILES]
