"""A second make of history store: everything in memory, one history a name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from benchkit.contract import RunFile
from benchkit.errors import HistoryError
from benchkit.records import Run
from benchkit.telling.history.artifacts import RunFiles, artifact_rows
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
from benchkit.telling.history.notes import Note

KEPT: dict[str, dict[str, Run]] = {}
NOTED: dict[str, dict[str, Note]] = {}


class MemoryStore:
    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self._runs = KEPT.setdefault(self.place, {})
        self._notes = NOTED.setdefault(self.place, {})

    def append(self, run: Run) -> None:
        self._runs[run.id] = run

    def extend(self, runs: Sequence[tuple[Run, RunFiles]]) -> int:
        new = [run for run, _ in runs if run.id not in self._runs]
        self._runs |= {run.id: run for run in new}
        return len(new)

    def files(self, _run: Run, *, logs: bool = False) -> RunFiles:
        del logs
        return RunFiles()

    def put_files(self, _run: Run, _files: RunFiles) -> int:
        return 0

    def problems(self) -> Iterator[str]:
        return iter(())

    def check(self, *, may_wait: bool = True) -> None:
        """A run can be added at any time."""

    def heads(self) -> Sequence[RunHead]:
        return [head_of(position, run) for position, run in enumerate(self._runs.values())]

    def get(self, run_id: str) -> Run:
        if run_id not in self._runs:
            raise HistoryError(f"history {self.place}: it holds no run {run_id!r}")
        return self._runs[run_id]

    def runs(self) -> list[Run]:
        return list(self._runs.values())

    def waiting(self) -> Sequence[Run]:
        return ()

    def find(
        self, wanted: Filter = EVERYTHING, order: SortOrder = IN_ORDER, page: Page = FIRST_PAGE
    ) -> FoundRuns:
        return find_among(self.runs(), wanted, order, page, self._notes)

    def delete(self, run_id: str) -> None:
        del self._runs[self.get(run_id).id]
        self._notes.pop(run_id, None)

    def notes(self) -> Mapping[str, Note]:
        return self._notes

    def annotate(
        self, run_id: str, text: str | None = None, tags: Iterable[str] = (), without: Iterable[str] = ()
    ) -> Note:
        old = self._notes.get(run_id, Note())
        self._notes[run_id] = Note(
            old.text if text is None else text, tuple(t for t in (*old.tags, *tags) if t not in set(without))
        )
        return self._notes[run_id]

    def verdicts(self, run: Run) -> Iterator[dict[str, Any]]:
        return artifact_rows(self, run, RunFile.VERDICTS)

    def artifact(self, run: Run, name: str) -> BinaryIO:
        raise FileNotFoundError(f"{name} of {run.id}: no files are kept in memory")

    def batch_file(self, kind: str) -> Path:
        return Path(tempfile.gettempdir()) / f"memory.batch.{kind}"

    def summary_file(self) -> Path:
        return self.batch_file("morning.md")
