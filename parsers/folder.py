"""The files that this run left in its output folder; a former run's are as if they were not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLOCK_SLACK_S = 1.0
"""A file system's clock may lag behind ours by some milliseconds, and some round to a second."""


@dataclass(frozen=True)
class ResultFolder:
    """An output folder, or none."""

    path: Path | None
    since: float | None = None

    def files(self, pattern: str) -> list[Path]:
        """This run's files of that form, in the folder or below it, the newest last."""
        if self.path is None:
            return []
        if self.path.is_file():  # the result file itself, as `import` hands it over
            return [self.path] if self.path.match(pattern) else []
        paths = [path for path in self.path.rglob(pattern) if path.is_file() and self._is_fresh(path)]
        return sorted(paths, key=lambda path: (path.stat().st_mtime, str(path)))

    def _is_fresh(self, path: Path) -> bool:
        return self.since is None or path.stat().st_mtime >= self.since - CLOCK_SLACK_S

    def json(self, pattern: str) -> list[tuple[Path, Any]]:
        """What the files of that form hold; those that are no JSON, or cut short, are passed over."""
        return [(path, content) for path in self.files(pattern) if (content := read_json(path)) is not None]


def read_json(path: Path) -> Any:
    """The content of a JSON file; None when it holds none."""
    try:
        return json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError, RecursionError):
        return None


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines; ValueError where a line is none."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
