"""A parser without code: where in the JSON the score stands, for `--parser json --score-path a.b.c`.

A number in the path counts into a list, from the end when it is negative. The score is percent, or with
`--score-scale fraction` (or ` * 100` after the path) a share of 1. The JSON is a file of this run's folder,
or the last object the script printed.
"""

from __future__ import annotations

import re
from typing import Any

from benchkit.errors import UsageError
from benchkit.records import Results, ScoreScale
from parsers.folder import ResultFolder
from parsers.harness import Harness, Untrue, percent, scaled
from parsers.text import json_values


class JsonParser(Harness):
    takes_half_lines = True

    def __init__(self, setting: str, scale: ScoreScale | None = None) -> None:
        self.path, _, times = (part.strip() for part in setting.partition("*"))
        self.scale = scale
        try:
            self.factor = float(times) if times else None
        except ValueError:
            raise UsageError(f"--score-path {setting!r}: what stands after * is no number") from None
        if scale and self.factor is not None:
            raise UsageError(f"--score-path {setting!r} and --score-scale {scale}: leave one of the two out")
        self.looked_for = f"{self.path!r} in a JSON file of its folder or in printed JSON"

    def from_folder(self, folder: ResultFolder) -> Results | None:
        values = {
            path: value
            for path, data in folder.json("*.json")
            if (value := look_up(data, self.path)) is not None
        }
        if len(set(map(repr, values.values()))) > 1:
            raise Untrue(
                f"{len(values)} files hold it, with different values: {', '.join(p.name for p in values)}"
            )
        return self._results(*values.values()) if values else None

    def from_text(self, output: str) -> Results | None:
        for data in json_values(output):
            if (value := look_up(data, self.path)) is not None:
                return self._results(value)
        return None

    def _results(self, value: Any, *_: Any) -> Results:
        if self.factor is not None:
            return Results(score=percent(value, self.factor))
        score, warnings = scaled(value, self.scale)
        return Results(score=score, warnings=warnings)


def look_up(data: Any, path: str) -> Any:
    """What stands at the path, whose names may hold dots themselves; None when nothing does."""
    if not path:
        return data
    if isinstance(data, list):
        index, _, rest = path.partition(".")
        is_there = re.fullmatch(r"-?\d+", index) and -len(data) <= int(index) < len(data)
        return look_up(data[int(index)], rest) if is_there else None
    if isinstance(data, dict):
        names = [name for name in data if path == name or path.startswith(f"{name}.")]
        for name in sorted(names, key=len, reverse=True):
            if (value := look_up(data[name], path[len(name) + 1 :])) is not None:
                return value
    return None
