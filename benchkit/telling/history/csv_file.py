"""A table that `bench_runner.py report --format csv` wrote, as a history that can only be read.

It holds one row a run with the figures that a table shows: no verdicts, no answers, no files.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from benchkit.errors import HistoryError
from benchkit.records import Run
from benchkit.telling.history.artifacts import RunFiles
from benchkit.telling.history.finding import (
    EVERYTHING,
    FIRST_PAGE,
    IN_ORDER,
    Filter,
    FoundRuns,
    Page,
    SortOrder,
    find_among,
)
from benchkit.telling.history.heads import RunHead, head_of
from benchkit.telling.history.json_file.content import Signature, signature_in
from benchkit.telling.history.notes import Note
from benchkit.telling.history.record import from_record
from benchkit.terminal import counted, how_many

NAMES = {"run": "id", **{name: name for name in ("timestamp", "benchmark", "model", "status", "error")}}
"""Column -> field of a run; all of them stand in each of our tables of runs."""

_FIGURES = {
    "score": ("results", "score", 1.0),
    "time": ("results", "time_taken", 1.0),
    "tokens_per_second": ("telemetry", "tokens_per_second", 1.0),
    "prompt_tokens_per_second": ("telemetry", "prompt_tokens_per_second", 1.0),
    "time_to_first_token_s": ("telemetry", "time_to_first_token_s", 1.0),
    "vram": ("telemetry", "vram_peak_mb", 1024.0),
    "cost": ("telemetry", "cost", 1.0),
    "size": ("model_file", "size_bytes", float(1 << 30)),
}
"""Column -> where a run keeps it, and how many of its units the column's one is."""

_DIFFICULTIES = ("easy", "medium", "hard", "expert")


class CsvFile:
    """The file is read again when it is another one."""

    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self.path = Path(self.place.removeprefix("csv://"))
        self._read: tuple[Signature, list[Run]] | None = None

    def runs(self) -> list[Run]:
        try:
            signature = signature_in(self.path.stat())
            if self._read is None or self._read[0] != signature:
                self._read = signature, _runs_in(self.path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise HistoryError(f"{self.path} cannot be read: {error.strerror}") from error
        except (UnicodeDecodeError, csv.Error, HistoryError) as error:
            why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else error
            make = f"bench_runner.py report --format csv --output {self.path.name}"
            raise HistoryError(f"{self.path} is no table of runs as {make} writes it: {why}") from None
        return self._read[1]

    def heads(self) -> Sequence[RunHead]:
        return [head_of(position, run) for position, run in enumerate(self.runs())]

    def get(self, run_id: str) -> Run:
        wanted = next((run for run in self.runs() if run.id == run_id), None)
        if wanted is None:
            raise HistoryError(f"{self.path} holds no run {run_id!r}")
        return wanted

    def find(
        self, wanted: Filter = EVERYTHING, order: SortOrder = IN_ORDER, page: Page = FIRST_PAGE
    ) -> FoundRuns:
        return find_among(self.runs(), wanted, order, page)

    def notes(self) -> Mapping[str, Note]:
        return {}

    def verdicts(self, run: Run) -> Iterator[dict[str, Any]]:
        del run  # of none
        return iter(())

    def artifact(self, run: Run, name: str) -> BinaryIO:
        raise FileNotFoundError(f"{name} of run {run.id}")

    def files(self, run: Run, *, logs: bool = False) -> RunFiles:
        del run, logs  # of none
        return RunFiles()

    def waiting(self) -> Sequence[Run]:
        return ()

    def problems(self) -> Iterator[str]:
        self.runs()  # a table that is none is refused
        return iter(())

    def batch_file(self, kind: str) -> Path:
        return self.path.with_name(f"{self.path.name}.batch.{kind}")

    def summary_file(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.morning.md")

    def check(self, *, may_wait: bool = True) -> None:
        del may_wait  # for what never comes
        self._refuse("no run can be added")

    def append(self, run: Run) -> None:
        self._refuse(f"run {run.id} is not added")

    def extend(self, runs: Sequence[tuple[Run, RunFiles]]) -> int:
        self._refuse(f"{counted(len(runs), 'run is', 'runs are')} not added")

    def put_files(self, run: Run, files: RunFiles) -> int:
        self._refuse(f"{how_many(len(files.names), 'file')} of run {run.id} cannot be kept")

    def delete(self, run_id: str) -> None:
        self._refuse(f"run {run_id} stays")

    def annotate(
        self, run_id: str, text: str | None = None, tags: Iterable[str] = (), without: Iterable[str] = ()
    ) -> Note:
        del text, tags, without
        self._refuse(f"run {run_id} gets no note")

    def _refuse(self, what: str) -> NoReturn:
        raise HistoryError(f"{what}: {self.path} is a table that is only read; name a history with --history")


def _runs_in(text: str) -> list[Run]:
    table = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in NAMES if name not in (table.fieldnames or ())]
    if missing:
        raise HistoryError(f"it has no column {', '.join(missing)}")
    return [_run(row, number) for number, row in enumerate(table, 1)]


def _run(row: Mapping[str, str | None], number: int) -> Run:
    """What cannot be read as a number is not known."""
    record: dict[str, Any] = {field: row.get(name) or None for name, field in NAMES.items()}
    parts: dict[str, dict[str, Any]] = {"results": {}, "telemetry": {}, "model_file": {}}
    for name, (part, field, units) in _FIGURES.items():
        value = _number(row.get(name))
        parts[part][field] = None if value is None else value * units
    size = parts["model_file"]["size_bytes"]
    parts["model_file"] |= {
        "size_bytes": None if size is None else round(size),
        "quantization": row.get("quantization") or None,
    }
    passed, _, total = (row.get("solved") or "").partition("/")
    parts["results"] |= {"total_passed": _count(passed), "total_problems": _count(total)}
    difficulties = {name: value for name in _DIFFICULTIES if (value := _number(row.get(name))) is not None}
    parts["results"]["difficulty_scores"] = difficulties
    return from_record({**record, **parts}, number)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
