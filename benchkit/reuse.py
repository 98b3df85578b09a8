"""The answers that runs have kept, and the moment up to which they are not taken again.

A run's answers belong to the run and stay with it: clearing only forbids to take those that are there now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchkit.contract import RunFile
from benchkit.files import atomic_write
from benchkit.json_values import number, text

REQUEST = "request"
"""A row's digest of all that was asked: answers to the same request may stand for one another."""
CLEARED = ".answers-cleared.json"


@dataclass(frozen=True)
class KeptAnswers:
    """The answers of one run."""

    path: Path
    key: dict[str, Any]  # what they depend on: the model, the sampling, the problems

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each answer that names its request, and where its line begins; what is damaged is passed over."""
        offset = 0
        with suppress(OSError), self.path.open("rb") as lines:
            for line in lines:
                if text((row := _row(line)).get(REQUEST)):
                    yield offset, row
                offset += len(line)

    @staticmethod
    def is_cleared(row: Mapping[str, Any], until: float) -> bool:
        """Whether it was asked for before that moment, or nobody knows when."""
        return (number(row.get("started")) or 0.0) <= until

    def row_at(self, offset: int) -> dict[str, Any]:
        """The line that begins there; empty where it is none any more."""
        with suppress(OSError), self.path.open("rb") as lines:
            lines.seek(offset)
            return _row(lines.readline())
        return {}


def _row(line: bytes) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        row = json.loads(line)
        if isinstance(row, dict):
            return row
    return {}


def kept_answers(runs: Path) -> Iterator[KeptAnswers]:
    """Of each run in the folder, and of each model of a run that asked several; the oldest first."""
    keys = [*runs.glob(f"*/{RunFile.ANSWERS_KEY}"), *runs.glob(f"*/*/{RunFile.ANSWERS_KEY}")]
    for path in sorted(keys):
        with suppress(OSError, ValueError):
            key = json.loads(path.read_bytes())
            answers = path.with_name(RunFile.ANSWERS)
            if isinstance(key, dict) and answers.is_file():  # a pipe would be waited for
                yield KeptAnswers(answers, key)


def cleared_until(runs: Path) -> float:
    """Answers that were asked for before this moment are not taken; in seconds since the epoch."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return float(json.loads((runs / CLEARED).read_bytes())["until"])
    return 0.0


def clear(runs: Path, now: float) -> None:
    atomic_write(runs / CLEARED, json.dumps({"until": now}) + "\n")
